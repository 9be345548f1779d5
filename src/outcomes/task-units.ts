/** The final outcome of each unit of one batch: of several tries the last that says something counts. Pure. */
import { asPlanned } from './ask.js';
import type { Outcome, OutcomeHeader, UnitOutcome } from './unit-outcome.js';

export interface FinalUnit extends UnitOutcome {
  /** The try that decided it; null when no try of its batch has an outcome. */
  header: OutcomeHeader | null;
}

/** A unit as planned, for those that no outcome speaks of. */
export interface PlannedUnit {
  index: number;
  stem: string;
  zarr_url: string | null;
}

/** Why no evidence speaks of some units. */
export interface Unspoken {
  /** The run was cancelled before their batch began. */
  cancelled: boolean;
  /** What was seen of their batch cannot be read, in words that name the file; null where it can. */
  unreadable: string | null;
}

const CANCELLED_BEFORE = 'cancelled before it started';

const unreadableWords = (why: string): string => `what became of the task cannot be read any more: ${why}`;

const unspoken = (
  planned: PlannedUnit,
  component: UnitOutcome['component'],
  { cancelled, unreadable }: Unspoken,
): FinalUnit => ({
  ...planned,
  component,
  status: 'failed',
  // Nobody can say that it never started: it may have.
  interrupted: unreadable !== null,
  begun: false,
  interrupted_in: null,
  cause: unreadable !== null ? 'interrupted' : cancelled ? 'cancelled' : 'never_started',
  exit_code: null,
  signal: null,
  job_id: null,
  seconds: null,
  ended_at: null,
  message:
    unreadable !== null
      ? unreadableWords(unreadable)
      : cancelled
        ? CANCELLED_BEFORE
        : 'the task never started',
  lost_output: false,
  output: null,
  ...{ wants: asPlanned, spent: {}, barren: 0, preemptions: 0, tries: [] },
  header: null,
});

/**
 * @param outcomes of the batch's tries, in their order.
 * @param indices of the batch's units, ascending.
 * @param planned gives the planned unit of an index that no outcome speaks of.
 */
export const finalUnits = (
  outcomes: readonly Outcome[],
  indices: readonly number[],
  component: UnitOutcome['component'],
  planned: (index: number) => PlannedUnit,
  why: Unspoken,
): FinalUnit[] => {
  const final = new Map<number, FinalUnit>();
  for (const { header, units } of outcomes) {
    for (const unit of units) final.set(unit.index, { ...unit, header });
  }
  return indices.map((index) => {
    const unit = final.get(index);
    if (unit === undefined) return unspoken(planned(index), component, why);
    if (unit.status !== 'again') return unit;
    // Left for a next try that never came, or of which nothing can be said.
    if (why.unreadable !== null) {
      const message = unreadableWords(why.unreadable);
      return { ...unit, status: 'failed', interrupted: true, cause: 'interrupted', message };
    }
    return why.cancelled && unit.cause === 'never_started'
      ? { ...unit, status: 'failed', cause: 'cancelled', message: CANCELLED_BEFORE }
      : { ...unit, status: 'failed' };
  });
};
