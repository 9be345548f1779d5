import { setTimeout as sleep } from 'node:timers/promises';
import { buildBatchScript } from '../../batch/script.js';
import { readIfThere, replaceFile } from '../../state/files.js';
import { readTombstone } from '../../batch/tombstone.js';
import { NeverSubmitted, type Batch, type BatchNames, type Handle } from '../contract.js';
import type { HostFiles } from './folders.js';
import { readIntent, writeIntent, type Identity } from './identity.js';
import { launch, stderrTail, type Launched } from './launch.js';
import { isLocked } from './locks.js';
import { OWNER_LOOK_MS, OWNER_WAIT_MS, STDERR_TAIL_LINES } from './tunables.js';

/** The job id (the script's process id) that owns the batch; null while there is none. */
export const readOwner = async (batch: BatchNames): Promise<string | null> => {
  const text = await readIfThere(batch.paths.owner);
  return text?.includes('\n') === true ? (text.split('\n')[0] ?? null) : null;
};

const hasTombstone = async (batch: BatchNames): Promise<boolean> =>
  (await readTombstone(batch.paths.tombstone)) !== null;

const neverBegun = (batch: BatchNames): NeverSubmitted =>
  new NeverSubmitted(`batch ${batch.key} was ended before its script began`);

export const handleOf = (jobId: string, { host, user }: Identity): Handle => ({
  jobId,
  facts: { host, user },
});

/** The script of a local batch. */
export const localScript = (batch: Batch, files: HostFiles): string =>
  buildBatchScript({
    batch,
    header: [],
    jobIdExpression: '$$',
    restartExpression: '0',
    control: { widthFile: files.width, lanesFile: files.lanes },
  });

/**
 * Starts the batch, or finds what an earlier attempt has started (docs/local.md, "Starting"). The script's owner
 * file decides, so that no harm is done when both happen at once.
 *
 * @param started called with every script that this attempt starts.
 * @throws NeverSubmitted, WrongWorker, the signal's reason, or an error that says why the script did not begin; all retryable.
 */
export const startOrAdopt = async (
  batch: Batch,
  files: HostFiles,
  identity: Identity,
  signal: AbortSignal,
  started: (launched: Launched) => void,
): Promise<Handle> => {
  await readIntent(batch, identity);
  const owner = await readOwner(batch);
  if (owner !== null) return handleOf(owner, identity);
  if (await hasTombstone(batch)) {
    if (await isLocked(files.lock)) return handleOf(await awaitOwner(batch, files, signal, null), identity);
    throw neverBegun(batch);
  }
  const first = await writeIntent(batch, identity);
  if (!first) await readIntent(batch, identity);
  let launched: Launched | null = null;
  if (first || !(await isLocked(files.lock))) {
    const script = localScript(batch, files);
    if ((await readIfThere(batch.paths.script)) !== script) await replaceFile(batch.paths.script, [script]);
    launched = await launch(batch, files);
    started(launched);
  }
  return handleOf(await awaitOwner(batch, files, signal, launched), identity);
};

const awaitOwner = async (
  batch: Batch,
  files: HostFiles,
  signal: AbortSignal,
  launched: Launched | null,
): Promise<string> => {
  let exit: number | string | null = null;
  void launched?.ended.then((code) => {
    exit = code;
  });
  const deadline = Date.now() + OWNER_WAIT_MS;
  for (;;) {
    // Asked before the owner file is looked at: a script that has ended has written what it had to write.
    const gone = launched === null ? !(await isLocked(files.lock)) : exit !== null;
    const owner = await readOwner(batch);
    if (owner !== null) return owner;
    if (gone && (await hasTombstone(batch))) throw neverBegun(batch);
    if (gone && !(await isLocked(files.lock))) {
      const tail = await stderrTail([files.launch], STDERR_TAIL_LINES);
      throw new Error(
        `the script of batch ${batch.key} ended before it began (${exit ?? 'unknown'}): ${tail}`,
      );
    }
    if (Date.now() >= deadline)
      throw new Error(`the script of batch ${batch.key} has not begun: ${files.lock}`);
    await sleep(OWNER_LOOK_MS, undefined, { signal });
  }
};
