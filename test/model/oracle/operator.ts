/** The operator of held runs (docs/updates.md, "Held"): whom an act is about, and what is refused. */
import type { JsonObject } from '../../../src/wire/request.js';
import type { Unit } from './units.js';
import type { ActView } from './view.js';

/** What an operator does when a run is held: about all that is open, or about some of it, by its place. */
export interface Act {
  does: 'retry' | 'skip' | 'stop';
  some: boolean[] | null;
  rerun: boolean;
}

export interface Operator {
  /** What the next act is about; after the last one everything is given up. */
  decide(open: Unit[]): { view: ActView; chosen: Unit[]; rerun: boolean };
  acts: ActView[];
}

/** What a unit that has run may have left in any state. */
const endedByItself = ({ lastCause }: Unit): boolean =>
  lastCause === null || ['exit', 'signal', 'invalid_output'].includes(lastCause);

export const createOperator = (schedule: Act[]): Operator => {
  const left = [...schedule];
  const acts: ActView[] = [];
  return {
    acts,
    decide: (open) => {
      const { does, some, rerun } = left.shift() ?? { does: 'skip' as const, some: null, rerun: false };
      const picked = some === null ? [] : open.filter((_, place) => some[place % some.length] === true);
      const chosen = picked.length === 0 ? open : picked;
      const units = picked.length === 0 ? 'failed' : picked.map(({ index }) => index);
      const isRefused = does === 'retry' && !rerun && !chosen.every(endedByItself);
      const argument: JsonObject =
        does === 'stop' ? {} : { units, ...(does === 'retry' ? { rerun_interrupted: rerun } : {}) };
      const about = does === 'stop' ? open : chosen;
      const view: ActView = { name: does, argument, units: isRefused ? null : about.length };
      acts.push(view);
      return { view, chosen, rerun };
    },
  };
};
