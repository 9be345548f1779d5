/** Attempts of activities: each stands for a worker of its own, with its own backend and its own memory. */
import { ApplicationFailure, CancelledFailure, type Logger } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../src/activities/index.js';
import type { Backend } from '../../src/batch/contract.js';
import type { ProcessWorkflowActivities } from '../../src/wire/activities.js';
import { Attempt, type Trouble } from './seam.js';
import type { World } from './world.js';

export type ActivityName = keyof ProcessWorkflowActivities;

export interface Call {
  name: ActivityName;
  input: unknown;
}

export type Outcome = { value: unknown } | { error: unknown };

/** Makes the backend of a new worker. */
export type MakeBackend = () => Backend;

export interface Started {
  attempt: Attempt;
  /** How it ended; null when it was stopped. */
  end: Promise<Outcome | null>;
  /** However often it stands still: what it returned or threw in the end. */
  settled: Promise<Outcome>;
  /** As the server does when the run is cancelled. */
  cancel(): void;
}

const nothing = (): void => undefined;

/** Attempts fail here by the thousand. */
const silent: Logger = {
  ...{ log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
};

/** Starts one attempt; it goes on by itself. */
export const startAttempt = (
  world: World,
  { name, input }: Call,
  makeBackend: MakeBackend,
  trouble?: Trouble,
): Started => {
  const attempt = new Attempt(world, trouble);
  const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 15_000 }, { logger: silent });
  const settled = attempt.run(async (): Promise<Outcome> => {
    const activities = createActivities({
      backend: makeBackend(),
      knownSearchAttributes: () => Promise.resolve(['FractalBackend', 'FractalDataset', 'FractalJobId']),
    });
    const activity = activities[name] as (input: unknown) => Promise<unknown>;
    try {
      return { value: await environment.run(activity, input) };
    } catch (error) {
      return { error };
    }
  });
  return {
    attempt,
    settled,
    end: Promise.race([settled, attempt.died().then(() => null)]),
    cancel: () => {
      environment.cancel();
    },
  };
};

/** Whether the server would call the activity once more. */
export const isRetried = (outcome: Outcome): boolean => {
  if (!('error' in outcome)) return false;
  const { error } = outcome;
  if (error instanceof CancelledFailure) return false;
  return !(error instanceof ApplicationFailure && error.nonRetryable === true);
};
