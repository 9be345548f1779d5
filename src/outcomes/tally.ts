/** What applying a task's outputs needs to know of its units, gathered while they pass by. Pure. */
import type { EndedUnit } from '../images/empty-output.js';
import type { TaskOutput } from '../wire/task-output.js';
import type { FinalUnit } from './task-units.js';
import type { OutcomeHeader, UnitOutcome } from './unit-outcome.js';

export interface StageTally {
  total: number;
  done: number;
  /** The first failed unit, by index. */
  firstFailed: FinalUnit | null;
  /** Of any try; for a failed unit that no try speaks of. */
  someHeader: OutcomeHeader | null;
}

export interface TaskTally {
  stages: StageTally[];
  /** Every unit, in order. */
  ended: EndedUnit[];
  /** Of the units that are done, in order. */
  outputs: TaskOutput[];
  initFailed: boolean;
  /** Every stage of the task was planned: a compound whose compute part never was has said nothing about its images. */
  planned: boolean;
  /** Milliseconds since the epoch; 0 when no unit has ended. */
  latestMs: number;
}

export const newTally = (): TaskTally => ({
  ...{ stages: [], ended: [], outputs: [] },
  ...{ initFailed: false, planned: true, latestMs: 0 },
});

/** Begins a stage; the units counted next are its own. */
export const newStageTally = (tally: TaskTally): StageTally => {
  const stage = { total: 0, done: 0, firstFailed: null, someHeader: null };
  tally.stages.push(stage);
  return stage;
};

const isTaskOutput = (output: UnitOutcome['output']): output is TaskOutput =>
  output !== null && 'image_list_updates' in output;

/** Counts the units of one batch, in the order of their indices. */
export const count = (tally: TaskTally, stage: StageTally, units: FinalUnit[]): void => {
  for (const unit of units) {
    const succeeded = unit.status === 'done';
    stage.total += 1;
    if (succeeded) stage.done += 1;
    else {
      stage.firstFailed ??= unit;
      if (unit.component === 'init') tally.initFailed = true;
    }
    stage.someHeader ??= unit.header;
    tally.latestMs = Math.max(tally.latestMs, (unit.ended_at ?? 0) * 1000);
    tally.ended.push({ zarrUrl: unit.zarr_url, succeeded });
    if (succeeded && isTaskOutput(unit.output)) tally.outputs.push(unit.output);
  }
};
