/**
 * Keeps the units at once of one host and queue within the worker's limit, whatever the number of batches and runs:
 * the shell around width.ts. What it must remember lies in the batches' folders, so that a new worker starts from
 * what is really running (docs/local.md).
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { readIfThere, replaceFile } from '../../../state/files.js';
import type { Batch } from '../../../batch/contract.js';
import type { Liveness } from '../process/alive.js';
import type { HostFiles } from '../folders.js';
import { parseLanes } from './lanes.js';
import { readEntries, type BatchEntry, type RegisteredBatch } from './registry.js';
import { TURN_MS, WIDTH_BEAT_EVERY_MS, WIDTH_PROBE_EVERY_MS, WIDTH_TICK_MS } from '../tunables.js';
import { amountsOf } from '../resources.js';
import type { Amounts } from './amounts.js';
import { parseWidth, widthText } from './width-file.js';
import { affordableRaises, allocateWidths, type SharingBatch } from './width.js';

export interface Allocator {
  /**
   * Counts the batch in and sets its first width; before its script is started. Harmless for one that is known.
   *
   * @param files of the batch on this host; another folder than this worker's when another worker has started it.
   * @param note is told of files of other batches that could not be made sense of.
   */
  admit(batch: Batch, files: HostFiles, note: (line: string) => void): Promise<void>;
  /** The batch has been started or given up: from now on it is live exactly while its lock is held. */
  settle(key: string): Promise<void>;
  /** Looks at once whether the batch still lives, and shares out what it leaves. */
  review(key: string): Promise<void>;
  /** The batch waits for others: no lane of it may run now. */
  isParked(key: string): boolean;
}

interface Live extends SharingBatch {
  files: HostFiles;
  /** Being started: its lock is not held yet. */
  starting: boolean;
  /** Its entry is damaged, so run and lanes are guessed: whoever submits it again knows better. */
  guessed: boolean;
  /** Its lanes run nothing any more: it takes nothing, and its folder stays until its script has ended. */
  closed: boolean;
}

export interface AllocatorOptions {
  stateDir: string;
  queue: string;
  /** What units may take at once on this host and queue. */
  limit: Amounts;
  bootId: string;
  isAlive: Liveness;
}

export const createAllocator = ({ stateDir, queue, limit, bootId, isAlive }: AllocatorOptions): Allocator => {
  const live = new Map<string, Live>();
  // One decision at a time: each rests on what the one before has written.
  const inTurn = pLimit(1);
  let loaded: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let probedAt = 0;
  let beatAt = Date.now();
  let damaged: string[] = [];

  const setWidth = async (batch: Live, width: number): Promise<void> => {
    await replaceFile(batch.files.width, [await widthText(width)]);
    batch.width = width;
  };

  const add = (
    about: Pick<BatchEntry, 'key' | 'run_uuid' | 'lanes' | 'cost'>,
    files: HostFiles,
    width: number,
    is: { starting?: boolean; guessed?: boolean } = {},
  ): Live => {
    const { starting = false, guessed = false } = is;
    const batch: Live = {
      ...{ key: about.key, run: about.run_uuid, lanes: about.lanes, width, files, starting, guessed },
      ...{ active: new Set(), finished: new Set(), closed: false },
      ...(about.cost === undefined ? {} : { cost: about.cost }),
    };
    live.set(about.key, batch);
    return batch;
  };

  /** One that lives although its entry is damaged: what its lanes have written tells what it may use. */
  const addGuessed = async ({ key, files }: RegisteredBatch): Promise<void> => {
    const { active, finished } = parseLanes((await readIfThere(files.lanes)) ?? '');
    const width = parseWidth(await readIfThere(files.width)) ?? 0;
    const lanes = Math.max(width, ...[...active, ...finished].map((lane) => lane + 1));
    add({ key, run_uuid: key, lanes }, files, width, { guessed: true });
  };

  /** Batches that an earlier worker has started; before anything new is granted. */
  const load = async (): Promise<void> => {
    const entries = await readEntries(stateDir, queue);
    damaged = entries.flatMap(({ entry, files }) => (entry === null ? [files.entry] : []));
    for (const registered of entries) {
      const { key, entry, files } = registered;
      const alive = await isAlive(key, files.lock);
      if (alive && entry === null) {
        await addGuessed(registered);
      } else if (alive && entry !== null) {
        // Damaged: its lanes may go by any width that they have read before.
        add(entry, files, parseWidth(await readIfThere(files.width)) ?? entry.lanes);
      } else if (entry === null || entry.boot_id !== bootId || (await readIfThere(entry.owner)) !== null) {
        await rm(files.folder, { recursive: true, force: true });
      } else {
        // Its script may be about to start. Without a width it waits until submit has come back to it.
        await replaceFile(files.width, [await widthText(0)]);
      }
    }
  };

  const lookAtLanes = async (batch: Live): Promise<void> => {
    const { active, finished, closed } = parseLanes((await readIfThere(batch.files.lanes)) ?? '');
    Object.assign(batch, { active, finished, closed: closed && !batch.starting });
  };

  const dropIfDead = async (batch: Live): Promise<void> => {
    if (batch.starting || (await isAlive(batch.key, batch.files.lock))) return;
    live.delete(batch.key);
    await rm(batch.files.folder, { recursive: true, force: true });
  };

  const dropDead = async (): Promise<void> => {
    await Promise.all([...live.values()].map(dropIfDead));
    probedAt = Date.now();
  };

  const sharing = (): Live[] => [...live.values()].filter(({ closed }) => !closed);

  const waiting = (): Live[] => sharing().filter((batch) => batch.width < batch.lanes);

  const reconcile = async (): Promise<void> => {
    await Promise.all(sharing().map(lookAtLanes));
    const batches = sharing();
    const targets = allocateWidths(batches, limit, Math.floor(Date.now() / TURN_MS));
    for (const batch of batches) {
      const target = targets.get(batch.key) ?? 0;
      if (target >= batch.width) continue;
      await setWidth(batch, target);
    }
    // Only lanes that are read after the lowering prove what still runs.
    await Promise.all(batches.map(lookAtLanes));
    for (const [key, width] of affordableRaises(batches, targets, limit)) {
      const batch = live.get(key);
      if (batch?.closed === false) await setWidth(batch, width);
    }
    // eslint-disable-next-line @typescript-eslint/no-use-before-define -- the two name each other
    if (waiting().length > 0) tickLater();
  };

  /** Lanes that wait look rarely once nobody is there to raise their width: they are told that somebody is. */
  const beat = async (): Promise<void> => {
    beatAt = Date.now();
    for (const batch of waiting()) await setWidth(batch, batch.width);
  };

  const tickLater = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      inTurn(async () => {
        if (Date.now() - probedAt >= WIDTH_PROBE_EVERY_MS) await dropDead();
        await reconcile();
        if (Date.now() - beatAt >= WIDTH_BEAT_EVERY_MS) await beat();
      }).catch(tickLater);
    }, WIDTH_TICK_MS).unref();
  };

  const register = async (batch: Batch, files: HostFiles): Promise<void> => {
    await mkdir(files.folder, { recursive: true });
    const entry: BatchEntry = {
      ...{ key: batch.key, run_uuid: batch.runUuid, lanes: batch.lanes, cost: amountsOf(batch.resources) },
      ...{ owner: batch.paths.owner, boot_id: bootId, registered_ms: Date.now() },
    };
    await replaceFile(files.entry, [JSON.stringify(entry)]);
    await writeFile(files.lanes, '', { flag: 'a' });
    await setWidth(add(entry, files, 0, { starting: true }), 0);
  };

  const ready = (): Promise<void> => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw error;
    });
    return loaded;
  };

  return {
    admit: (batch, files, note) =>
      inTurn(async () => {
        await ready();
        for (const file of damaged.splice(0))
          note(`${file} is damaged and was passed over: what it says of its batch is not known`);
        // Known already: a worker that has just been started must still share out what it has found.
        const known = live.get(batch.key);
        if (known === undefined || known.guessed || known.closed) await register(batch, files);
        await reconcile();
      }),
    settle: (key) =>
      inTurn(() => {
        const batch = live.get(key);
        if (batch) batch.starting = false;
      }),
    review: (key) =>
      inTurn(async () => {
        const batch = live.get(key);
        if (!batch) return;
        await dropIfDead(batch);
        await reconcile();
      }),
    isParked: (key) => {
      const batch = live.get(key);
      return batch?.closed === false && batch.width === 0 && batch.active.size === 0;
    },
  };
};
