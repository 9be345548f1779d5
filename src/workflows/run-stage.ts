/** Runs the batches of one stage: at most so many pending, each try after try until nothing is left to run again. */
import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { BatchOutcome } from '../wire/activities.js';
import { outcomeOfFailedBatch } from './failures.js';
import {
  beginBatch,
  partsOfTrack,
  recordTry,
  type BatchTrack,
  type RunState,
  type StageState,
} from './state.js';
import { batchStep } from './steps.js';
import { MAX_PENDING_BATCHES } from './tunables.js';

export interface StageRun {
  state: RunState;
  stage: StageState;
  position: number;
  taskQueue: string;
  /** Name and order of the task, for the Web UI. */
  title: string;
  /** The operator lets further batches, and further tries, begin. */
  mayBegin(): boolean;
  /** Called whenever a batch has ended. */
  changed(): void;
}

/** `moved`: the run should continue as new before the stage has ended; its pending batches go with it. */
export type StageEnd = 'ended' | 'moved';

/** `try 2, 8 GB after OUT_OF_MEMORY`; empty for the first try. */
const tryWords = ({ try: attempt, parts }: BatchTrack, part: string | undefined): string => {
  if (attempt === 1) return '';
  const words = parts?.find((one) => one.part === (part ?? ''))?.words;
  return `, try ${attempt}${words === undefined ? '' : `, ${words}`}`;
};

const runPart = (run: StageRun, track: BatchTrack, part: { part?: string }): Promise<BatchOutcome> => {
  const { stage, position, state } = run;
  const summary = `${run.title}, batch ${track.batch + 1} of ${stage.plan.batches}${tryWords(track, part.part)}`;
  return batchStep(run.taskQueue, summary).runBatch({
    run: state.opened.run,
    position,
    stage: stage.stage,
    plan: stage.plan.plan,
    batch: track.batch,
    try: track.try,
    ...part,
  });
};

/** No outcome: the activity itself gave up. The batch stays pending, so that its end is made sure of. */
const outcomeOrThrow = (error: unknown): BatchOutcome => {
  const outcome = isCancellation(error) ? null : outcomeOfFailedBatch(error);
  if (outcome === null) throw error;
  return outcome;
};

/** All of them have let go when it is over: what the first that failed threw is thrown then. */
const allParts = async (running: Promise<BatchOutcome>[]): Promise<BatchOutcome[]> => {
  const results = await Promise.allSettled(running.map((part) => part.catch(outcomeOrThrow)));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
};

const runTry = async (run: StageRun, track: BatchTrack): Promise<void> => {
  track.pending = true;
  const parts = partsOfTrack(track);
  const [only, ...others] = parts;
  // Parts of a try wait for each other: the next try gathers again what all of them have left.
  if (only === undefined || others.length > 0) {
    recordTry(run.stage, track, ...(await allParts(parts.map((part) => runPart(run, track, part)))));
    return;
  }
  // One part alone is awaited without a detour: recorded histories know the order of what follows.
  try {
    recordTry(run.stage, track, await runPart(run, track, only));
  } catch (error) {
    recordTry(run.stage, track, outcomeOrThrow(error));
  }
};

const shouldMove = (): boolean => workflowInfo().continueAsNewSuggested;

interface Lanes {
  active: number;
  thrown: unknown[];
}

const runTrack = async (run: StageRun, track: BatchTrack, lanes: Lanes): Promise<void> => {
  try {
    while (run.stage.open.includes(track)) {
      // One that was handed over is adopted, paused or not: its units run.
      if (!track.pending && !run.mayBegin()) {
        run.changed();
        await condition(() => run.mayBegin() || shouldMove());
        if (!run.mayBegin()) return;
      }
      await runTry(run, track);
      run.changed();
    }
  } catch (error) {
    lanes.thrown.push(error);
  } finally {
    lanes.active -= 1;
  }
};

/** Starts the batches that have not ended, never more than may be pending; stops early when the run should move. */
const startBatches = async (run: StageRun, lanes: Lanes): Promise<void> => {
  const start = (track: BatchTrack): void => {
    lanes.active += 1;
    void runTrack(run, track, lanes);
  };
  // Those that a run which continued as new has handed over: at most as many as may be pending.
  for (const track of [...run.stage.open]) start(track);
  for (;;) {
    await condition(() => lanes.active < MAX_PENDING_BATCHES || shouldMove());
    if (shouldMove()) return;
    if (!run.mayBegin() && run.stage.next < run.stage.plan.batches) {
      await condition(() => run.mayBegin() || shouldMove());
      continue;
    }
    const track = beginBatch(run.stage);
    if (track === null) break;
    start(track);
  }
  await condition(() => lanes.active === 0 || shouldMove());
};

const isOver = ({ next, plan, open }: StageState): boolean => next >= plan.batches && open.length === 0;

/**
 * Resolves when all batches have ended, or when the run should continue as new. What an activity that gave up threw
 * is thrown when the other batches have ended.
 *
 * @throws CancelledFailure when the run is cancelled, after its activities have let go of their batches.
 */
export const runStage = async (run: StageRun): Promise<StageEnd> => {
  const lanes: Lanes = { active: 0, thrown: [] };
  try {
    await startBatches(run, lanes);
    if (lanes.thrown.length === 0 && !isOver(run.stage)) return 'moved';
    await condition(() => lanes.active === 0);
  } catch (error) {
    await CancellationScope.nonCancellable(() => condition(() => lanes.active === 0));
    throw error;
  }
  if (lanes.thrown.length > 0) throw lanes.thrown[0];
  return 'ended';
};
