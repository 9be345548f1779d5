/**
 * Keeps the units at once of one host and queue within the worker's limit, whatever the number of batches and runs:
 * the shell around width.ts. What it must remember lies in the batches' folders, so that a new worker starts from
 * what is really running (docs/local.md).
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { readIfThere, replaceFile } from '../../state/files.js';
import type { Batch } from '../contract.js';
import { hostFiles, type HostFiles } from './folders.js';
import { parseLanes } from './lanes.js';
import { isLocked } from './locks.js';
import { readEntries, type BatchEntry } from './registry.js';
import { TURN_MS, WIDTH_PROBE_EVERY_MS, WIDTH_TICK_MS } from './tunables.js';
import { affordableRaises, allocateWidths, type SharingBatch } from './width.js';

export interface Allocator {
  /** Counts the batch in and sets its first width; before its script is started. Harmless for one that is known. */
  admit(batch: Batch): Promise<void>;
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
}

export interface AllocatorOptions {
  stateDir: string;
  queue: string;
  /** Units at once on this host and queue. */
  limit: number;
  bootId: string;
}

export const createAllocator = ({ stateDir, queue, limit, bootId }: AllocatorOptions): Allocator => {
  const live = new Map<string, Live>();
  // One decision at a time: each rests on what the one before has written.
  const inTurn = pLimit(1);
  let loaded: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let probedAt = 0;

  const setWidth = async (batch: Live, width: number): Promise<void> => {
    await replaceFile(batch.files.width, [`${width}\n`]);
    batch.width = width;
  };

  const add = (entry: BatchEntry, width: number, starting: boolean): Live => {
    const files = hostFiles(stateDir, queue, entry.key);
    const batch: Live = {
      ...{ key: entry.key, run: entry.run_uuid, lanes: entry.lanes, width, files, starting },
      ...{ active: new Set(), finished: new Set() },
    };
    live.set(entry.key, batch);
    return batch;
  };

  /** Batches that an earlier worker has started; before anything new is granted. */
  const load = async (): Promise<void> => {
    for (const { entry, files } of await readEntries(stateDir, queue)) {
      const locked = await isLocked(files.lock);
      if (locked) {
        add(entry, Number((await readIfThere(files.width)) ?? 0), false);
      } else if (entry.boot_id !== bootId || (await readIfThere(entry.owner)) !== null) {
        await rm(files.folder, { recursive: true, force: true });
      } else {
        // Its script may be about to start. Without a width it waits until submit has come back to it.
        await replaceFile(files.width, ['0\n']);
      }
    }
  };

  const lookAtLanes = async (batch: Live): Promise<void> => {
    const { active, finished, closed } = parseLanes((await readIfThere(batch.files.lanes)) ?? '');
    Object.assign(batch, { active, finished });
    if (closed && !batch.starting) live.delete(batch.key);
  };

  const dropIfDead = async (batch: Live): Promise<void> => {
    if (batch.starting || (await isLocked(batch.files.lock))) return;
    live.delete(batch.key);
    await rm(batch.files.folder, { recursive: true, force: true });
  };

  const dropDead = async (): Promise<void> => {
    await Promise.all([...live.values()].map(dropIfDead));
    probedAt = Date.now();
  };

  const reconcile = async (): Promise<void> => {
    await Promise.all([...live.values()].map(lookAtLanes));
    const batches = [...live.values()];
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
      if (batch) await setWidth(batch, width);
    }
    if ([...live.values()].some((batch) => batch.width < batch.lanes)) tickLater();
  };

  const tickLater = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      inTurn(async () => {
        if (Date.now() - probedAt >= WIDTH_PROBE_EVERY_MS) await dropDead();
        await reconcile();
      }).catch(tickLater);
    }, WIDTH_TICK_MS).unref();
  };

  const register = async (batch: Batch): Promise<void> => {
    const files = hostFiles(stateDir, queue, batch.key);
    await mkdir(files.folder, { recursive: true });
    const entry: BatchEntry = {
      ...{ key: batch.key, run_uuid: batch.runUuid, lanes: batch.lanes },
      ...{ owner: batch.paths.owner, boot_id: bootId, registered_ms: Date.now() },
    };
    await replaceFile(files.entry, [JSON.stringify(entry)]);
    await writeFile(files.lanes, '', { flag: 'a' });
    await setWidth(add(entry, 0, true), 0);
  };

  const ready = (): Promise<void> => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw error;
    });
    return loaded;
  };

  return {
    admit: (batch) =>
      inTurn(async () => {
        await ready();
        // Known already: a worker that has just been started must still share out what it has found.
        if (!live.has(batch.key)) await register(batch);
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
      return batch !== undefined && batch.width === 0 && batch.active.size === 0;
    },
  };
};
