/**
 * `runBatch`, the same for every backend: submit or adopt, wait with heartbeats, publish the evidence, return the
 * verdict (docs/architecture.md).
 *
 * A worker that dies here costs an attempt and nothing else: the next attempt finds the batch by its key.
 */
import { ApplicationFailureCategory } from '@temporalio/common';
import { ApplicationFailure, CancelledFailure, Context, log } from '@temporalio/activity';
import { NeverSubmitted, SubmissionRefused } from '../../batch/errors.js';
import type { Backend, EndOfBatch, Handle } from '../../batch/contract.js';
import type { TryEvidence } from '../../outcomes/evidence.js';
import { policyOf, type Policy } from '../../outcomes/policy.js';
import type { Outcome } from '../../outcomes/unit-outcome.js';
import { judgeTry, type Verdict } from '../../outcomes/verdict.js';
import { readEvidenceIfThere } from '../../state/evidence-file.js';
import { evidencePath } from '../../state/paths.js';
import type { BatchOutcome, PartToCome, RunBatchInput } from '../../wire/activities.js';
import { refuseAfterEnd } from '../after-end.js';
import { awaitBatch } from './await-batch.js';
import { batchFailure } from './batch-failure.js';
import { watchBatch, type BatchWatch } from './batch-watch.js';
import { earlierTries, keyOf, partsToCome, prepareBatch, type PreparedBatch } from './batch-of.js';
import { collectEvidence } from './collect-evidence.js';
import type { BatchDependencies } from '../dependencies.js';
import { liveEvents, type LiveEvents } from '../events/live-events.js';
import { beating, heartOf, shown, type Heart } from './heart.js';
import type { CountedBatch } from '../../monitor/runner-metrics.js';
import { patiently } from '../patience.js';
import type { PlanFile } from '../../state/plan-file.js';
import { readRequest } from '../../state/stored-request.js';
import { withoutStack } from '../../wire/without-stack.js';

/** Why this attempt stops although its batch goes on: a cancelled run, or a worker that shuts down. */
const stopReason = (): Error => {
  const context = Context.current();
  const reason: unknown = context.cancellationSignal.reason;
  if (context.cancellationDetails?.cancelRequested === true && reason instanceof CancelledFailure)
    return reason;
  return withoutStack(
    ApplicationFailure.create({
      type: 'AttemptEnded',
      message:
        'This worker let go of the batch (shutdown, pause or reset); the batch goes on, the next attempt adopts it',
      nonRetryable: false,
    }),
  );
};

interface Prepared extends PreparedBatch {
  plan: PlanFile;
  policy: Policy;
  earlier: Verdict;
}

const prepare = async (input: RunBatchInput, { backend, readPlan }: BatchDependencies): Promise<Prepared> => {
  const [plan, request] = await Promise.all([readPlan(input.plan), readRequest(input.run.request)]);
  const policy = policyOf(request, input.position, plan);
  const earlier = await earlierTries(input, policy, plan.retry?.first_try);
  const prepared = await prepareBatch(input, plan, request.workflow.name, earlier, policy, backend);
  return { ...prepared, plan, policy, earlier };
};

/** Handle, or why there is none: refused by the scheduler (in its words), or ended before anything was submitted. */
const submit = async (
  { backend, permanentPatienceMs: permanentMs }: BatchDependencies,
  { batch }: PreparedBatch,
  { beat, note }: Heart,
  watch: BatchWatch,
): Promise<{ handle: Handle | null; refusal: string | null }> => {
  const context = { signal: Context.current().cancellationSignal, note };
  const submission = (): Promise<Handle> => backend.executor.submit(batch, context);
  const work = patiently({ note, permanentMs }, () => watch.submitting(batch, submission));
  try {
    return { handle: await beating(beat, work), refusal: null };
  } catch (error) {
    if (error instanceof SubmissionRefused) return { handle: null, refusal: error.message };
    if (error instanceof NeverSubmitted) return { handle: null, refusal: null };
    throw error;
  }
};

/** Runs the batch, or adopts what an earlier attempt has begun, and returns the evidence of its end. */
const runToEvidence = async (
  input: RunBatchInput,
  prepared: Prepared,
  deps: BatchDependencies,
  heart: Heart,
  live: LiveEvents,
): Promise<TryEvidence> => {
  const { backend, permanentPatienceMs: permanentMs } = deps;
  const patience = { note: heart.note, permanentMs };
  const { batch, plan, units } = prepared;
  await patiently(patience, () => refuseAfterEnd(input.run));
  const watch = watchBatch(deps.metrics);
  const { handle, refusal } = await submit(deps, prepared, heart, watch);
  let end: EndOfBatch | null = null;
  if (handle !== null) {
    heart.beat({ state: 'pending', job_id: handle.jobId, facts: handle.facts, reason: null });
    const awaited = patiently(patience, () =>
      awaitBatch(backend, batch, handle, {
        signal: Context.current().cancellationSignal,
        show: (status, journal) => {
          heart.beat(shown(status, journal));
          watch.seen(batch, status, journal);
        },
        looked: (status, journal) => {
          live.looked(status, journal, handle.jobId);
        },
        lastLines: (patienceMs) => {
          const reason = `it has ended; what its node has written last is waited for, for up to ${patienceMs / 1_000} s`;
          heart.beat({ state: 'collecting', reason });
        },
      }),
    );
    // Its scheduler may answer late, and last lines may take longer to come than a heartbeat may be missing.
    end = await beating(heart.beat, awaited);
    watch.seen(batch, null, null);
  }
  heart.beat({ state: 'collecting', reason: null });
  const collecting = patiently(patience, () =>
    collectEvidence({
      runDir: input.run.dir,
      batch,
      try: input.try,
      index: input.batch,
      backend: backend.name,
      component: plan.component,
      units,
      jobIds: handle === null ? [] : [handle.jobId],
      end,
      refusal,
      lateFilesMs: backend.lateFilesMs,
    }),
  );
  return beating(heart.beat, collecting);
};

const countsOf = ({ units }: Outcome, next: PartToCome[]): BatchOutcome => {
  const count = (status: string): number => units.filter((unit) => unit.status === status).length;
  const counts = { done: count('done'), failed: count('failed'), again: count('again') };
  return next.length === 0 ? counts : { ...counts, next };
};

/** Of this part of the try alone: the others of the batch are asked for themselves. */
const judge = (
  { plan, policy, earlier }: Prepared,
  evidence: TryEvidence,
  backend: Backend,
): { outcome: Outcome; counts: BatchOutcome } => {
  const outcome = judgeTry(earlier, [evidence], policy).outcomes.at(-1);
  if (outcome === undefined) throw new RangeError('a batch without a try has no verdict');
  const units = new Map(outcome.units.map((unit) => [unit.index, unit]));
  return { outcome, counts: countsOf(outcome, partsToCome({ units }, plan, policy, backend)) };
};

const run = async (
  input: RunBatchInput,
  deps: BatchDependencies,
  counted: CountedBatch | undefined,
): Promise<BatchOutcome> => {
  const path = evidencePath(input.run.dir, keyOf(input));
  const heart = heartOf(input, keyOf(input), counted?.state);
  const patience = { note: heart.note, permanentMs: deps.permanentPatienceMs };
  heart.beat({});
  const prepared = await beating(
    heart.beat,
    patiently(patience, () => prepare(input, deps)),
  );
  heart.beat({ total: prepared.batch.unitCount });
  const there = await patiently(patience, () => readEvidenceIfThere(path));
  const live = liveEvents(deps.events(input.run.dir), {
    ...{ runDir: input.run.dir, plan: prepared.plan, policy: prepared.policy },
    ...{ batch: input.batch, try: input.try, unitCount: prepared.batch.unitCount, units: prepared.units },
  });
  const evidence = there ?? (await runToEvidence(input, prepared, deps, heart, live));
  const { outcome, counts } = judge(prepared, evidence, deps.backend);
  live.judged(outcome);
  if (there === null) {
    deps.metrics?.ended(outcome);
    log.info('batch ended', { key: outcome.header.key, cause: outcome.header.cause, ...counts });
  }
  const failure = await batchFailure(prepared.plan, outcome);
  if (failure === null) return counts;
  throw withoutStack(
    ApplicationFailure.create({
      type: failure.type,
      message: failure.message,
      nonRetryable: true,
      // The user's task failed, not the worker: no warning in its log.
      category: ApplicationFailureCategory.BENIGN,
      details: [{ ...failure.details, outcome: counts }],
    }),
  );
};

/**
 * @throws ApplicationFailure of type TaskExecutionError or JobExecutionError when a unit failed, its details with
 * the outcome; a retryable one when this worker must let go of the batch.
 */
export const runBatch = async (input: RunBatchInput, deps: BatchDependencies): Promise<BatchOutcome> => {
  const counted = deps.metrics?.countBatch();
  try {
    return await run(input, deps, counted);
  } catch (error) {
    if (Context.current().cancellationSignal.aborted && !(error instanceof ApplicationFailure))
      throw stopReason();
    throw error;
  } finally {
    counted?.leave();
  }
};
