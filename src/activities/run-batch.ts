/**
 * `runBatch`, the same for every backend: submit or adopt, wait with heartbeats, read the journal and the outputs,
 * write the outcome (docs/architecture.md).
 *
 * A worker that dies here costs an attempt and nothing else: the next attempt finds the batch by its key.
 */
import { ApplicationFailureCategory } from '@temporalio/common';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { NeverSubmitted, SubmissionRefused, type BatchStatus, type Handle } from '../executors/contract.js';
import { parseOutcome, readOutcome } from '../outcomes/outcome-file.js';
import type { Outcome } from '../outcomes/unit-outcome.js';
import type { JournalReport } from '../batch/read-journals.js';
import { publishState, readIfThere } from '../state/files.js';
import { outcomePath } from '../state/paths.js';
import type { BatchOutcome, RunBatchInput } from '../wire/activities.js';
import type { BatchHeartbeat } from '../wire/progress.js';
import type { ProcessWorkflowRequest } from '../wire/request.js';
import { awaitBatch, type BatchEnd } from './await-batch.js';
import { prepareBatch, type PreparedBatch } from './batch-of.js';
import type { ActivityDependencies } from './dependencies.js';
import { batchFailure } from './batch-failure.js';
import { readPlan } from './plan-file.js';
import { collect, outcomeCounts } from './publish-outcome.js';
import { readRequest } from './stored-request.js';
import { HEARTBEAT_EVERY_MS } from './tunables.js';

/** Whether the request lets a unit of this task run again after it was interrupted. */
export const mayRerun = (request: ProcessWorkflowRequest, position: number): boolean =>
  request.recovery.tasks[String(position)]?.rerun_interrupted ?? request.recovery.rerun_interrupted;

/** Tells the operator of one batch, through the heartbeats of its activity. */
const heart = (
  input: RunBatchInput,
  key: string,
  total: number,
): { beat(change: Partial<BatchHeartbeat>): void } => {
  let current: BatchHeartbeat = {
    key,
    position: input.position,
    batch: input.batch,
    state: 'submitting',
    reason: null,
    node: null,
    job_id: null,
    facts: {},
    done: 0,
    failed: 0,
    total,
  };
  return {
    beat: (change) => {
      current = { ...current, ...change };
      Context.current().heartbeat(current);
    },
  };
};

const shown = (status: BatchStatus, journal: JournalReport): Partial<BatchHeartbeat> => {
  const ends = [...journal.ends.values()];
  const failed = ends.filter((end) => end.status !== 0).length;
  return {
    state: status.state,
    reason: status.state === 'pending' || status.state === 'unknown' ? status.reason : null,
    node: status.state === 'running' ? status.node : null,
    done: ends.length - failed,
    failed,
  };
};

/** Repeats a heartbeat while something that shows nothing by itself goes on. */
const beating = async <T>(beat: () => void, work: Promise<T>): Promise<T> => {
  const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
};

const submit = async (
  deps: ActivityDependencies,
  prepared: PreparedBatch,
  beat: (change: Partial<BatchHeartbeat>) => void,
): Promise<Handle | SubmissionRefused | NeverSubmitted> => {
  const signal = Context.current().cancellationSignal;
  try {
    return await beating(
      () => {
        beat({});
      },
      deps.backend.executor.submit(prepared.batch, {
        signal,
        note: (line) => {
          beat({ reason: line.slice(0, 300) });
        },
      }),
    );
  } catch (error) {
    if (error instanceof SubmissionRefused || error instanceof NeverSubmitted) return error;
    throw error;
  }
};

/** Why this attempt stops although its batch goes on: a cancelled run, or a worker that shuts down. */
export const stopReason = (): Error => {
  const context = Context.current();
  const reason: unknown = context.cancellationSignal.reason;
  if (context.cancellationDetails?.cancelRequested === true && reason instanceof CancelledFailure)
    return reason;
  return ApplicationFailure.create({
    type: 'AttemptEnded',
    message:
      'This worker let go of the batch (shutdown, pause or reset); the batch goes on, the next attempt adopts it',
    nonRetryable: false,
  });
};

const run = async (input: RunBatchInput, deps: ActivityDependencies): Promise<BatchOutcome> => {
  const [plan, request, previous] = await Promise.all([
    readPlan(input.plan),
    readRequest(input.run.request),
    input.previous === null ? null : readOutcome(input.previous),
  ]);
  const { backend } = deps;
  const prepared = await prepareBatch(input.run, request.workflow.name, plan, input, previous, backend);
  const { batch } = prepared;
  const path = outcomePath(input.run.dir, batch.key);
  const written = await readIfThere(path);
  let outcome: Outcome;
  let counts: BatchOutcome;
  if (written === null) {
    const { beat } = heart(input, batch.key, batch.unitCount);
    beat({});
    const handle = await submit(deps, prepared, beat);
    const refused = handle instanceof SubmissionRefused || handle instanceof NeverSubmitted;
    if (!refused) beat({ state: 'pending', job_id: handle.jobId, facts: handle.facts, reason: null });
    const end: BatchEnd = refused
      ? { journal: noJournal, status: null }
      : await awaitBatch(backend, batch, handle, {
          signal: Context.current().cancellationSignal,
          show: (status, journal) => {
            beat(shown(status, journal));
          },
        });
    beat({
      ...shown({ state: 'unknown', reason: null as never }, end.journal),
      state: 'collecting',
      reason: null,
    });
    ({ outcome, counts } = await beating(
      () => {
        beat({});
      },
      collect({
        prepared,
        plan,
        input,
        ...end,
        cause: refused ? 'failed' : (end.status?.cause ?? null),
        rerunInterrupted: mayRerun(request, input.position),
        mayTryAgain: input.may_try_again,
        lateFilesMs: backend.lateFilesMs,
        refusal: refused ? handle.message : null,
      }),
    ));
  } else {
    outcome = parseOutcome(Buffer.from(written));
    const { sha256 } = await publishState(path, [written]);
    counts = outcomeCounts(outcome, path, sha256);
  }
  const failure = await batchFailure(plan, outcome);
  if (failure === null) return counts;
  throw ApplicationFailure.create({
    type: failure.type,
    message: failure.message,
    nonRetryable: true,
    // The user's task failed, not the worker: no warning in its log.
    category: ApplicationFailureCategory.BENIGN,
    details: [{ ...failure.details, outcome: counts }],
  });
};

const noJournal: JournalReport = { ends: new Map(), complete: false, notExecutable: false, copies: [] };

/**
 * @throws ApplicationFailure of type TaskExecutionError or JobExecutionError when a unit failed, its details with
 * the outcome; a retryable one when this worker must let go of the batch.
 */
export const runBatch = async (input: RunBatchInput, deps: ActivityDependencies): Promise<BatchOutcome> => {
  try {
    return await run(input, deps);
  } catch (error) {
    if (Context.current().cancellationSignal.aborted && !(error instanceof ApplicationFailure))
      throw stopReason();
    throw error;
  }
};
