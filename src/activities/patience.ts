/**
 * How long an activity bears with what fails: a run must always be able to end (docs/guarantees.md, "When storage
 * fails"). What may pass is waited for; what can never be read ends the batch, with the file's name, within minutes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { NeverSubmitted, SubmissionRefused, WrongWorker } from '../batch/errors.js';
import { isPermanent, StateCorrupt, StorageFailed } from '../state/errors.js';
import { NewerFormat } from '../state/format.js';
import { jobFailure } from '../wire/failure.js';
import { ExecutionFailed, InvalidRequest, UpdateRefused } from './errors.js';
import { PASSING_PATIENCE_MS, PATIENCE_BACKOFF_MS, PERMANENT_PATIENCE_MS } from './tunables.js';

/** These say themselves what is to become of them. */
const isFinal = (error: unknown): boolean =>
  [
    ...[ApplicationFailure, CancelledFailure, ExecutionFailed, InvalidRequest],
    ...[NeverSubmitted, NewerFormat, StateCorrupt, SubmissionRefused, UpdateRefused, WrongWorker],
  ].some((kind) => error instanceof kind);

const lasts = (error: unknown): boolean =>
  isPermanent(error) || (error instanceof StorageFailed && error.isPermanent);

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const spelled = (ms: number): string => `${Math.round(ms / 1000)} s`;

export interface Patience {
  /** Is told the words of each failure. */
  note: (words: string) => void;
  /** Whether what may pass is waited for here, or thrown at once for a next attempt. */
  passing?: 'wait' | 'throw';
  /** For how long what can never be read is looked at. */
  permanentMs?: number | undefined;
}

/**
 * Repeats `work` while it fails for something that may pass.
 *
 * @throws ExecutionFailed (JobExecutionError) with the words of the failure when patience is at its end.
 */
export const patiently = async <T>(
  { note, passing = 'wait', permanentMs = PERMANENT_PATIENCE_MS }: Patience,
  work: () => Promise<T>,
): Promise<T> => {
  const { cancellationSignal: signal } = Context.current();
  let failingSince: number | null = null;
  for (;;) {
    const began = Date.now();
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || isFinal(error) || (passing === 'throw' && !lasts(error))) throw error;
      const now = Date.now();
      // Work that went well for a while has begun to fail only now.
      if (failingSince === null || now - began > permanentMs) failingSince = now;
      const patience = lasts(error) ? permanentMs : PASSING_PATIENCE_MS;
      if (now - failingSince >= patience) {
        const words = `${wordsOf(error)}. It was tried for ${spelled(patience)}; mend what it names and start the run again in another folder`;
        throw new ExecutionFailed(jobFailure(words));
      }
      note(wordsOf(error));
      await sleep(PATIENCE_BACKOFF_MS, undefined, { signal });
    }
  }
};
