/**
 * `cancelBatches`: ends batches for good, verified, and keeps what their units had finished.
 *
 * It is an activity of its own because a cancelled `runBatch` may be waiting for its next attempt, of which no
 * worker hears (docs/guarantees.md, "Cancelling").
 */
import { Context } from '@temporalio/activity';
import { readJournals } from '../batch/read-journals.js';
import { readOutcome } from '../outcomes/outcome-file.js';
import { readIfThere, sha256 } from '../state/files.js';
import { outcomePath } from '../state/paths.js';
import type { BatchTry, CancelBatchesInput, CancelledBatches } from '../wire/activities.js';
import type { FileReference } from '../wire/failure.js';
import type { ProcessWorkflowRequest } from '../wire/request.js';
import { prepareBatch } from './batch-of.js';
import type { ActivityDependencies } from './dependencies.js';
import { readPlan } from './plan-file.js';
import { collect } from './publish-outcome.js';
import { readRequest } from './stored-request.js';
import { HEARTBEAT_EVERY_MS } from './tunables.js';

const cancelOne = async (
  input: CancelBatchesInput,
  request: ProcessWorkflowRequest,
  which: BatchTry,
  deps: ActivityDependencies,
): Promise<FileReference> => {
  const plan = await readPlan(which.plan);
  const previous = which.previous === null ? null : await readOutcome(which.previous);
  const { backend } = deps;
  const prepared = await prepareBatch(input.run, request.workflow.name, plan, which, previous, backend);
  const path = outcomePath(input.run.dir, prepared.batch.key);
  const written = await readIfThere(path);
  if (written !== null) return { path, sha256: sha256(written) };
  await backend.executor.cancel(prepared.batch, null, {
    signal: Context.current().cancellationSignal,
    note: () => undefined,
  });
  const { counts } = await collect({
    prepared,
    plan,
    input: { run: input.run, position: input.position, ...which },
    journal: await readJournals(prepared.batch.paths.journalPrefix),
    cause: input.reason === 'cancelled' ? 'cancelled' : 'node',
    status: null,
    rerunInterrupted: false,
    mayTryAgain: false,
    lateFilesMs: backend.lateFilesMs,
    refusal: null,
  });
  return counts.outcome;
};

/** @throws whatever keeps it from proving that the batches are gone; retried until it can. */
export const cancelBatches = async (
  input: CancelBatchesInput,
  deps: ActivityDependencies,
): Promise<CancelledBatches> => {
  const request = await readRequest(input.run.request);
  const timer = setInterval(() => {
    Context.current().heartbeat();
  }, HEARTBEAT_EVERY_MS);
  try {
    const outcomes = await Promise.all(
      input.batches.map(async (which) => ({
        stage: which.stage,
        batch: which.batch,
        outcome: await cancelOne(input, request, which, deps),
      })),
    );
    return { outcomes };
  } finally {
    clearInterval(timer);
  }
};
