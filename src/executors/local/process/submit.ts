import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJournals } from '../../../batch/read-journals.js';
import { quoteWord } from '../../../batch/quote.js';
import { isJsonObject } from '../../../validation/schemas/leaf.js';
import { buildBatchScript } from '../../../batch/script.js';
import { readIfThere, replaceFile } from '../../../state/files.js';
import { readOwner, readTombstone } from '../../claims.js';
import { NeverSubmitted } from '../../../batch/errors.js';
import type { Batch, BatchLayout, BatchNames, Handle } from '../../../batch/contract.js';
import type { Liveness } from './alive.js';
import type { HostFiles } from '../folders.js';
import { amountsOf, type HostResources } from '../resources.js';
import { readIntent, writeIntent, type Identity } from './identity.js';
import { launch, stderrTail, type Launched } from './launch.js';
import { OWNER_LOOK_MS, OWNER_WAIT_MS, STDERR_TAIL_LINES, UNKNOWN_JOB } from '../tunables.js';

/** The job id that an owner file does not tell although the script has begun: its journal does, if it came so far. */
const ownerByJournal = async (batch: BatchNames): Promise<string | null> =>
  (await readJournals(batch.paths.journalPrefix)).copies.at(-1)?.jobId ?? null;

const hasTombstone = async (batch: BatchNames): Promise<boolean> =>
  (await readTombstone(batch.paths.tombstone)) !== null;

const neverBegun = (batch: BatchNames): NeverSubmitted =>
  new NeverSubmitted(`batch ${batch.key} was ended before its script began`);

export const handleOf = (jobId: string, { host, user }: Pick<Identity, 'host' | 'user'>): Handle => ({
  jobId,
  facts: { host, user },
});

/** Where this host's warm interpreters are, and what was learned of their environments. */
export interface LocalWarmth {
  root: string;
  cacheFolder: string;
}

/** What of its host a script must know. */
export interface ScriptPlace {
  warm: LocalWarmth;
  resources: HostResources;
  unitThreads: boolean;
  /** Where the locks of GPUs are. */
  gpuFolder: string;
}

type Laid = Pick<BatchLayout, 'resources' | 'lanes'>;

/** Of a unit that asks for no CPUs: its part of what all of them have. null: the number of threads is left alone. */
export const cpusOf = (
  { resources: asked, lanes }: Laid,
  { resources: { all }, unitThreads }: ScriptPlace,
): number | null => {
  if (!unitThreads) return null;
  const { cpus_per_unit: cpus } = asked;
  if (typeof cpus === 'number') return cpus;
  const there = Number.isFinite(all.cpus) ? all.cpus : availableParallelism();
  return Math.max(1, Math.floor(there / lanes));
};

export const exportLines = ({ resources: { exports } }: Laid): string[] =>
  isJsonObject(exports)
    ? Object.entries(exports).map(([name, value]) => `export ${name}=${quoteWord(String(value))}`)
    : [];

/** The script of a local batch. */
export const localScript = (batch: Batch, files: HostFiles, place: ScriptPlace): string => {
  const { warm, resources, gpuFolder } = place;
  const { gpus } = amountsOf(batch.resources);
  const perUnit = cpusOf(batch, place);
  return buildBatchScript({
    batch,
    cores: perUnit === null ? null : { perUnit, given: null },
    gpus:
      gpus > 0 && resources.gpuIds !== null
        ? { perUnit: gpus, ids: resources.gpuIds, folder: gpuFolder }
        : null,
    header: exportLines(batch),
    jobIdExpression: '$$',
    restartExpression: '0',
    control: { widthFile: files.width, lanesFile: files.lanes },
    warm: batch.warm === true ? { kind: 'host', ...warm, lock: files.warmLock } : null,
  });
};

/** Whose attempt it is, and what it looks at. */
export interface Submitting {
  me: Identity;
  isAlive: Liveness;
  signal: AbortSignal;
  /** Of the batch, on this host. */
  script(files: HostFiles): string;
  /** Called with every script that this attempt starts. */
  started(launched: Launched): void;
}

const awaitOwner = async (
  batch: Batch,
  files: HostFiles,
  { signal, isAlive }: Submitting,
  launched: Launched | null,
): Promise<string> => {
  let exit: number | string | null = null;
  void launched?.ended.then((code) => {
    exit = code;
  });
  const deadline = Date.now() + OWNER_WAIT_MS;
  for (;;) {
    // Asked before the owner file is looked at: a script that has ended has written what it had to write.
    const gone = launched === null ? !(await isAlive(batch.key, files.lock)) : exit !== null;
    const owner = await readOwner(batch.paths.owner);
    if (owner) return owner;
    const journal = owner === null ? null : await ownerByJournal(batch);
    if (journal !== null) return journal;
    if (gone && !(await isAlive(batch.key, files.lock))) {
      if (owner !== null) return UNKNOWN_JOB;
      if (await hasTombstone(batch)) throw neverBegun(batch);
      const errors = [
        files.launch,
        ...(launched === null ? [] : [`${batch.paths.stdioPrefix}${launched.pid}.err`]),
      ];
      const tail = await stderrTail(errors, STDERR_TAIL_LINES);
      throw new Error(
        `the script of batch ${batch.key} ended before it began (${exit ?? 'unknown'}): ${tail}`,
      );
    }
    if (Date.now() >= deadline)
      throw new Error(`the script of batch ${batch.key} has not begun: ${files.lock}`);
    await sleep(OWNER_LOOK_MS, undefined, { signal });
  }
};

/**
 * Starts the batch, or finds what an earlier attempt has started (docs/local.md, "Starting"). The script's owner
 * file decides, so that no harm is done when both happen at once.
 *
 * @throws NeverSubmitted, WrongWorker, the signal's reason, or an error that says why the script did not begin; all retryable.
 */
export const startOrAdopt = async (
  batch: Batch,
  files: HostFiles,
  submitting: Submitting,
): Promise<Handle> => {
  const { me, isAlive } = submitting;
  const owner = await readOwner(batch.paths.owner);
  if (owner) return handleOf(owner, me);
  const ended = await hasTombstone(batch);
  if (ended || !(await writeIntent(batch, me, files.folder))) {
    const folder = (await readIntent(batch, me))?.folder ?? files.folder;
    if (folder !== files.folder)
      throw new Error(
        `batch ${batch.key}: another worker was quicker (${folder}); its batch is adopted next time`,
      );
    if (await isAlive(batch.key, files.lock))
      return handleOf(await awaitOwner(batch, files, submitting, null), me);
    // Asked after that: whoever has created the file has ended, so this is all that will ever stand there.
    const left = await readOwner(batch.paths.owner);
    if (left !== null) return handleOf(left || ((await ownerByJournal(batch)) ?? UNKNOWN_JOB), me);
    if (ended) throw neverBegun(batch);
  }
  const script = submitting.script(files);
  if ((await readIfThere(batch.paths.script)) !== script) await replaceFile(batch.paths.script, [script]);
  const launched = await launch(batch, files);
  submitting.started(launched);
  return handleOf(await awaitOwner(batch, files, submitting, launched), me);
};
