/**
 * `cancelBatches`: ends batches for good, verified, and keeps what their units had finished.
 *
 * It is an activity of its own because a cancelled `runBatch` may be waiting for its next attempt, of which no
 * worker hears (docs/guarantees.md, "Cancelling"). It ends what it can find by key, without any file of the run: a
 * batch whose files are gone or damaged holds up no other, and what may still be running is said.
 */
import { Context } from '@temporalio/activity';
import { leaveTombstone } from '../../executors/claims.js';
import { WrongWorker } from '../../batch/errors.js';
import type { CancelReport } from '../../batch/contract.js';
import { policyOf } from '../../outcomes/policy.js';
import { judgeTry } from '../../outcomes/verdict.js';
import { readEvidenceIfThere } from '../../state/evidence-file.js';
import { evidencePath } from '../../state/paths.js';
import type { CancelBatchesInput, CancelledBatches } from '../../wire/activities.js';
import type { BatchHeartbeat } from '../../wire/progress.js';
import { earlierTries, keyOf, prepareBatch, type WhichTry } from './batch-of.js';
import { collectEvidence, type EndedTry } from './collect-evidence.js';
import { namedTry, publishUnreadable } from './unreadable-try.js';
import type { BatchDependencies } from '../dependencies.js';
import { patiently } from '../patience.js';
import { readRequest } from '../../state/stored-request.js';
import {
  HEARTBEAT_EVERY_MS,
  HEARTBEAT_REASON_CHARACTERS,
  UNCERTAIN_SHOWN,
  WRONG_WORKER_PATIENCE_MS,
} from '../tunables.js';

type Stage = CancelBatchesInput['stages'][number];

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Made of the activity's input alone. */
const nameTry = (
  input: CancelBatchesInput,
  stage: Stage,
  which: WhichTry,
  backend: string,
): EndedTry['batch'] =>
  namedTry(
    which,
    {
      workflowName: input.workflow_name,
      order: input.order,
      taskName: input.task_name,
      component: stage.component,
      taskDir: stage.task_dir,
    },
    backend,
  );

/** What the batch's units had finished; throws when that can never be read. */
const collect = async (
  input: CancelBatchesInput,
  stage: Stage,
  which: WhichTry,
  jobIds: readonly string[],
  { backend, readPlan, metrics }: BatchDependencies,
): Promise<void> => {
  const [plan, request] = await Promise.all([readPlan(stage.plan), readRequest(input.run.request)]);
  const policy = policyOf(request, input.position, plan);
  const earlier = await earlierTries(which, policy, plan.retry?.first_try);
  const { batch, units } = await prepareBatch(which, plan, request.workflow.name, earlier, policy, backend);
  const evidence = await collectEvidence({
    runDir: input.run.dir,
    ...{ batch, units, jobIds },
    try: which.try,
    index: which.batch,
    backend: backend.name,
    component: plan.component,
    end: null,
    refusal: null,
    lateFilesMs: backend.lateFilesMs,
  });
  const outcome = judgeTry(earlier, [evidence], policy).outcomes.at(-1);
  if (outcome !== undefined) metrics?.ended(outcome);
};

/** Ends one try; what could not be made sure of, in words, or null. */
const endTry = async (
  input: CancelBatchesInput,
  stage: Stage,
  which: WhichTry,
  deps: BatchDependencies,
  note: (line: string) => void,
): Promise<string | null> => {
  const { backend } = deps;
  const patience = { note, permanentMs: deps.permanentPatienceMs };
  const key = keyOf(which);
  const path = evidencePath(input.run.dir, key);
  if ((await readEvidenceIfThere(path).catch(() => null)) !== null) return null;
  const named = nameTry(input, stage, which, backend.name);
  if (input.reason === 'gave_up') {
    // Not cancelled by anybody: what never started counts as ended by what made the attempt give up.
    await leaveTombstone(named.paths.tombstone, { reason: 'ended', said: null, refusal: null }).catch(
      () => undefined,
    );
  }
  const { cancellationSignal: signal, info } = Context.current();
  let report: CancelReport;
  try {
    report = await patiently(patience, () => backend.executor.cancel(named, null, { signal, note }));
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof WrongWorker) {
      // The worker that it belongs to may take the next attempt; should there be none any more, the run ends all the same.
      if (Date.now() - info.scheduledTimestampMs < WRONG_WORKER_PATIENCE_MS) throw error;
      await leaveTombstone(named.paths.tombstone, { reason: 'cancelled' }).catch(() => undefined);
    }
    report = { jobIds: [], uncertain: `${wordsOf(error)}; its processes or jobs may still run` };
  }
  const { jobIds, uncertain } = report;
  try {
    await patiently(patience, () => collect(input, stage, which, jobIds, deps));
    return uncertain;
  } catch (error) {
    if (signal.aborted) throw error;
    const why = wordsOf(error);
    await publishUnreadable(
      {
        ...{ runDir: input.run.dir, batch: named, jobIds },
        try: which.try,
        index: which.batch,
        backend: backend.name,
        component: stage.component,
      },
      why,
    ).catch(() => undefined);
    return uncertain ?? `what its units had finished could not be kept: ${why}`;
  }
};

const bounded = (problems: string[]): string[] =>
  problems.length <= UNCERTAIN_SHOWN
    ? problems
    : [...problems.slice(0, UNCERTAIN_SHOWN), `and ${problems.length - UNCERTAIN_SHOWN} more`];

/** Tells the operator how many have ended and what the others wait for. */
const startHeart = (
  input: CancelBatchesInput,
): { words: Map<string, string>; ended(): void; stop(): void } => {
  const total = input.stages.reduce((sum, stage) => sum + stage.batches.length, 0);
  const words = new Map<string, string>();
  let ended = 0;
  const beat = (): void => {
    const heartbeat: BatchHeartbeat = {
      key: input.run.uuid,
      position: input.position,
      batch: -1,
      state: 'cancelling',
      reason: `${ended} of ${total} batches ended. ${[...words.values()].at(-1) ?? ''}`
        .trim()
        .slice(0, HEARTBEAT_REASON_CHARACTERS),
      ...{ node: null, job_id: null, facts: {}, done: 0, failed: 0, total: 0 },
    };
    Context.current().heartbeat(heartbeat);
  };
  const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
  beat();
  return {
    words,
    ended: () => {
      ended += 1;
      beat();
    },
    stop: () => {
      clearInterval(timer);
    },
  };
};

/** Resolves when every batch has ended or nothing more can be done about it. */
export const cancelBatches = async (
  input: CancelBatchesInput,
  deps: BatchDependencies,
): Promise<CancelledBatches> => {
  const heart = startHeart(input);
  const endOne = async (stage: Stage, part: Stage['batches'][number]): Promise<string | null> => {
    const which = { run: input.run, position: input.position, stage: stage.stage, ...part };
    const name = `batch ${part.batch + 1}`;
    const note = (line: string): void => {
      heart.words.set(name, `${name}: ${line}`);
    };
    try {
      const uncertain = await endTry(input, stage, which, deps, note);
      return uncertain === null ? null : `${name} (${keyOf(which)}): ${uncertain}`;
    } finally {
      heart.words.delete(name);
      heart.ended();
    }
  };
  try {
    const results = await Promise.allSettled(
      input.stages.flatMap((stage) => stage.batches.map((each) => endOne(stage, each))),
    );
    const problems: string[] = [];
    for (const result of results) {
      // Only a worker that lets go (shutdown) comes here: the next attempt ends what is left.
      if (result.status === 'rejected') throw result.reason;
      if (result.value !== null) problems.push(result.value);
    }
    return { uncertain: bounded(problems) };
  } finally {
    heart.stop();
  }
};
