/** What travels between a held or paused run and its activities (docs/operating.md). */
import type { Component } from './component.js';
import type { FileReference } from './failure.js';
import type { JsonObject } from './request.js';
import type { UnitCause } from './result.js';
import type { RunReference, Stage, StageTries, TaskPlan } from './stages.js';
import type { ChosenUnits } from './updates.js';

/** A failed unit as a held run shows it. */
export interface HeldUnit {
  index: number;
  component: Component;
  zarr_url: string | null;
  cause: UnitCause | null;
  /** Why it failed, in one line, cut to a bounded length. */
  message: string;
}

/** Failed units for which a run is held. */
export interface HeldUnits {
  /** The stage to which their indices belong. */
  stage: Stage;
  /** Units that succeeded, and all that there are. */
  done: number;
  total: number;
  /** Failed and not given up. */
  open: number;
  /** The first of them, some few. */
  shown: HeldUnit[];
}

/** Units that the operator has skipped. */
export interface GivenUp {
  /** Their indices and stages. */
  file: FileReference;
  units: number;
}

interface OnHeldUnits {
  run: RunReference;
  position: number;
  /** Of the file that this writes. */
  generation: number;
  /** Of every round so far. */
  stages: StageTries[];
  given_up: FileReference | null;
  units: ChosenUnits;
}

export interface PlanRetryInput extends OnHeldUnits {
  meta: JsonObject;
  rerun_interrupted: boolean;
}

export interface PlannedRetry {
  stage: Stage;
  plan: TaskPlan;
  first_try: number;
  /** Resources that were asked for, in words; null where they are as before. */
  asked: string | null;
}

export type GiveUpInput = OnHeldUnits;

export interface GivenUpUnits {
  given_up: GivenUp;
  /** How many of them are so by this call. */
  units: number;
  left: HeldUnits;
}

/** A pause with `now`, and its end. */
export interface MarkPauseInput {
  run: RunReference;
  /** Of the pause, from 1. */
  number: number;
  paused: boolean;
}
