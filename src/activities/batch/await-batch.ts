/**
 * Waits for a batch: the journal says what has ended, the executor is asked about the rest.
 *
 * Journal over state: a batch whose journal is complete is done, whatever the scheduler says. `unknown` is never
 * an end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { journalReader, readJournals, type JournalReport } from '../../batch/read-journals.js';
import type { Backend, Batch, BatchStatus, EndOfBatch, Handle } from '../../batch/contract.js';
import {
  FIRST_LOOK_MS,
  HEARTBEAT_EVERY_MS,
  LAST_WORD_WAIT_MS,
  LATE_FILE_LOOK_MS,
  LONGEST_LOOK_MS,
  LOOK_SHARE_OF_AGE,
  STATUS_EVERY_MS,
} from '../tunables.js';

export interface WaitContext {
  signal: AbortSignal;
  /** Called about every second, and with each change of state. */
  show(status: BatchStatus, journal: JournalReport): void;
  /** Called with each look; a journal that has not changed is the same object. */
  looked(status: BatchStatus, journal: JournalReport): void;
  /** The batch has ended, and what its node has written last is waited for: for so long at most. */
  lastLines(patienceMs: number): void;
}

const SIGKILL_STATUS = 137;

const holdsKill = (journal: JournalReport): boolean =>
  [...journal.ends.values()].some((end) => end.status === SIGKILL_STATUS);

/**
 * A complete journal does not always say all. A kill does not say why: only the scheduler can tell a memory limit from
 * any other signal. An end that is missing belongs to an earlier copy of the script (a requeued job), whose processes
 * may still live: only the scheduler can tell when they are gone.
 */
const leavesQuestions = (journal: JournalReport, batch: Batch): boolean =>
  holdsKill(journal) || (!journal.notExecutable && journal.ends.size < batch.unitCount);

/** After the end: lines and claims that the node has written may take a while to be seen here. */
const awaitLastLines = async (batch: Batch, lateFilesMs: number, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + lateFilesMs;
  for (;;) {
    const journal = await readJournals(batch.paths.journalPrefix);
    if (journal.complete || Date.now() >= deadline) return;
    await sleep(LATE_FILE_LOOK_MS, undefined, { signal });
  }
};

/**
 * Resolves when the batch has ended, with the executor's word on it; null when its journal was complete and nobody had
 * to be asked, or nobody knew. Rejects when the signal fires, leaving the batch as it is.
 */
export const awaitBatch = async (
  backend: Backend,
  batch: Batch,
  handle: Handle,
  context: WaitContext,
): Promise<EndOfBatch | null> => {
  const began = Date.now();
  let status: BatchStatus = { state: 'pending', reason: null };
  let askedAt = began;
  let shownAt = 0;
  let silentSince: number | null = null;
  const look = journalReader(batch.paths.journalPrefix);
  for (;;) {
    context.signal.throwIfAborted();
    const journal = await look();
    const now = Date.now();
    if (journal.complete) {
      if (!leavesQuestions(journal, batch)) return null;
      if (silentSince !== null && now - silentSince > LAST_WORD_WAIT_MS) return null;
    }
    if (now - askedAt >= STATUS_EVERY_MS || journal.complete) {
      askedAt = now;
      const before: BatchStatus['state'] = status.state;
      status = await backend.executor.status(batch, handle);
      if (status.state === 'ended') {
        const { state: _ended, ...end } = status;
        const patienceMs = end.cause === 'cancelled' ? 0 : backend.lateFilesMs;
        context.lastLines(patienceMs);
        await awaitLastLines(batch, patienceMs, context.signal);
        return end;
      }
      silentSince = status.state === 'unknown' ? (silentSince ?? now) : null;
      if (status.state !== before) shownAt = 0;
    }
    context.looked(status, journal);
    if (now - shownAt >= HEARTBEAT_EVERY_MS) {
      shownAt = now;
      context.show(status, journal);
    }
    const pause = Math.min(LONGEST_LOOK_MS, Math.max(FIRST_LOOK_MS, (now - began) * LOOK_SHARE_OF_AGE));
    await sleep(journal.complete ? LATE_FILE_LOOK_MS : pause, undefined, { signal: context.signal });
  }
};
