/** One unit: its names, and what becomes of it when it comes to its own end. */
import type { JsonObject } from '../../../src/wire/request.js';
import { playOf, statusOf } from '../task/play.mjs';
import { Invalid, outputOf, type Output } from './outputs.js';
import { sorted } from './values.js';
import type { UnitView } from './view.js';

export interface Unit extends UnitView {
  type: 'TaskExecutionError' | 'JobExecutionError' | null;
  output: Output | null;
  given: JsonObject;
  /** What ended its last run; null where that was success, or it has not begun. */
  lastCause: string | null;
}

/** Exit statuses by which shells report a death by signal 1 to 64. */
export const isSignal = (status: number): boolean => status > 128 && status <= 192;

/** A unit as it is planned. */
export const plannedUnit = (
  component: UnitView['component'],
  index: number,
  folder: string,
  given: JsonObject,
  perBatch: number,
): Unit => {
  const many = component === 'parallel' || component === 'compute';
  const batch = String(Math.floor(index / perBatch)).padStart(6, '0');
  const stem = many ? `par-${batch}-${String(index).padStart(7, '0')}` : 'non_par-';
  return {
    ...{ index, component, zarr_url: many ? (given.zarr_url as string) : null, status: 'done', cause: null },
    ...{ exit_code: null, signal: null, log_file: `${folder}/${stem}-log.txt`, args: sorted(given), runs: 0 },
    ...{ type: null, output: null, given, lastCause: null },
  };
};

/** The status that its shell reports, and the unit as it is then. */
export const playUnit = (unit: Unit): { status: number; unit: Unit } => {
  const play = playOf(unit.given);
  const status = statusOf(play, unit.runs);
  const failed = (rest: Partial<Unit>): { status: number; unit: Unit } => ({
    status,
    unit: { ...unit, status: 'failed', exit_code: null, ...rest },
  });
  if (isSignal(status)) return failed({ cause: 'signal', signal: status - 128, type: 'JobExecutionError' });
  const own = { exit_code: status, signal: null, type: 'TaskExecutionError' as const };
  if (status !== 0) return failed({ ...own, cause: 'exit' });
  try {
    const output = outputOf(play.out, unit.component === 'init');
    return {
      status,
      unit: { ...unit, status: 'done', cause: null, exit_code: 0, signal: null, type: null, output },
    };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return failed({ ...own, cause: 'invalid_output' });
  }
};
