/**
 * The activities of `processWorkflow`, the same for every backend.
 *
 * ```ts
 * const activities = createActivities({ backend, knownSearchAttributes: async () => [] });
 * await Worker.create({ connection, taskQueue: 'fractal-local', activities });
 * ```
 */
import { Context } from '@temporalio/activity';
import { eventLogs } from '../events/log.js';
import { checkFormat } from '../state/format.js';
import { readIdentity } from '../state/identity.js';
import type { ProcessWorkflowActivities } from '../wire/activities.js';
import type { RunReference } from '../wire/stages.js';
import type { FileActivities } from '../wire/run-file.js';
import { applyTask } from './task/apply-task.js';
import { cancelBatches } from './batch/cancel-batches.js';
import { cancelRun } from './run/cancel-run.js';
import { closeRun } from './run/close-run.js';
import { markPause } from './run/mark-pause.js';
import type { ActivityDependencies, StepDependencies } from './dependencies.js';
import { asFailure } from './errors.js';
import { openRun } from './run/open-run.js';
import { fileReader } from './files/read-run-file.js';
import { writeRunFile } from './files/write-run-file.js';
import { giveUp } from './task/give-up.js';
import { planRetry } from './task/plan-retry.js';
import { planTask } from './task/plan-task.js';
import { runBatch } from './batch/run-batch.js';
import { patiently } from './patience.js';
import { sharedPlanReader } from '../state/plan-file.js';
import { takeTurns } from './turns.js';
import {
  HEAVY_ACTIVITIES_ASIDE,
  HEAVY_ACTIVITIES_AT_ONCE,
  HEARTBEAT_EVERY_MS,
  HEARTBEAT_REASON_CHARACTERS,
} from './tunables.js';

export type { ActivityDependencies } from './dependencies.js';

const mapped = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw asFailure(error);
  }
};

/**
 * Of a run that a newer release opened nothing is touched. A file that says nothing of its format (gone, damaged) holds up
 * nobody: what needs it finds that out by itself.
 */
const readable = async ({ run }: { run: RunReference }): Promise<void> => {
  checkFormat(run.dir, await readIdentity(run.dir).catch(() => null));
};

/** Creates the activities of one worker; its heavy ones take turns, so that waiting batches never starve them. */
export const createActivities = (given: ActivityDependencies): ProcessWorkflowActivities & FileActivities => {
  const turn = takeTurns(HEAVY_ACTIVITIES_AT_ONCE, HEAVY_ACTIVITIES_ASIDE);
  const deps: StepDependencies = { ...given, events: eventLogs() };
  const ofBatches = { ...deps, readPlan: sharedPlanReader() };
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    const context = Context.current();
    // A worker that dies in a step is noticed by its silence, not by the step's time-out.
    let reason: string | null = null;
    const timer = setInterval(() => {
      context.heartbeat({ reason });
    }, HEARTBEAT_EVERY_MS);
    const note = (words: string): void => {
      reason = words.slice(0, HEARTBEAT_REASON_CHARACTERS);
    };
    try {
      return await mapped(() =>
        patiently({ note, passing: 'throw', permanentMs: deps.permanentPatienceMs }, () => turn(work)),
      );
    } finally {
      clearInterval(timer);
    }
  };
  const ready = (input: { run: RunReference }): Promise<void> => {
    deps.onRunFolder?.(input.run.dir);
    return readable(input);
  };
  const readFile = fileReader();
  return {
    // Not in turn with the heavy ones: somebody waits for them.
    readRunFile: (input) => mapped(() => readFile(input)),
    writeRunFile: (input) => mapped(() => writeRunFile(input)),
    openRun: (input) => step(() => openRun(input, deps)),
    planTask: (input) => step(() => ready(input).then(() => planTask(input, deps))),
    applyTask: (input) => step(() => ready(input).then(() => applyTask(input, deps))),
    closeRun: (input) => step(() => ready(input).then(() => closeRun(input, deps))),
    planRetry: (input) => step(() => ready(input).then(() => planRetry(input, deps))),
    giveUp: (input) => step(() => ready(input).then(() => giveUp(input, deps))),
    markPause: (input) => step(() => ready(input).then(() => markPause(input))),
    cancelRun: (input) => step(() => cancelRun(input)),
    runBatch: (input) => mapped(() => ready(input).then(() => runBatch(input, ofBatches))),
    cancelBatches: (input) => mapped(() => ready(input).then(() => cancelBatches(input, ofBatches))),
  };
};
