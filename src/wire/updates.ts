/** The updates of `processWorkflow`: what an operator may ask of a living run (docs/updates.md), as they travel. */
import type { JsonObject } from './request.js';

export const updateNames = ['pause', 'resume', 'retry', 'skip', 'stop'] as const;

export type UpdateName = (typeof updateNames)[number];

/** Which units: those that failed and are not given up, or these indices of the stage that is open. */
export type ChosenUnits = 'failed' | number[];

export interface PauseArgument {
  /** Batches that run start no further unit; else only no further batch begins. */
  now: boolean;
}

export interface RetryArgument {
  units: ChosenUnits;
  /** Resources, laid over those that the units had: keys of a task's meta. */
  meta: JsonObject;
  /** Units that were interrupted may run again, now and in this retry. */
  rerun_interrupted: boolean;
}

export interface SkipArgument {
  units: ChosenUnits;
}

export type NoArgument = Record<string, never>;

export interface UpdateArguments {
  pause: PauseArgument;
  resume: NoArgument;
  retry: RetryArgument;
  skip: SkipArgument;
  stop: NoArgument;
}

/** What every update answers. */
export interface UpdateAnswer {
  did: string;
  units: number;
}

/** Type of the failure of an update that changed nothing: impossible now, or wrong in itself. Its message says why. */
export const UPDATE_REFUSED = 'UpdateRefused';
