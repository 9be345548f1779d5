/** The failed units for which a run is held: what its operator sees of them, and what was given up. */
import { readState } from '../../state/files.js';
import type { HeldUnit, HeldUnits } from '../../wire/held.js';
import type { Stage } from '../../wire/stages.js';
import type { FileReference } from '../../wire/failure.js';
import type { FinalUnit } from '../../outcomes/task-units.js';
import { HELD_MESSAGE_CHARACTERS, HELD_UNITS_SHOWN } from '../tunables.js';

/** Content of a file of given-up units. */
export interface GivenUpFile {
  stage: Stage;
  /** Ascending. */
  units: number[];
}

export const readGivenUp = async (reference: FileReference | null): Promise<ReadonlySet<number>> => {
  if (reference === null) return new Set();
  return new Set((JSON.parse((await readState(reference)).toString('utf8')) as GivenUpFile).units);
};

const heldUnit = ({ index, component, zarr_url, cause, message }: FinalUnit): HeldUnit => ({
  ...{ index, component, zarr_url, cause },
  message: (message ?? 'it failed').slice(0, HELD_MESSAGE_CHARACTERS),
});

export interface HeldCount {
  add(units: readonly FinalUnit[]): void;
  counted(): HeldUnits;
}

/** Counts the units of the open stage while they pass by. */
export const countHeld = (stage: Stage, givenUp: ReadonlySet<number>): HeldCount => {
  const counts: HeldUnits = { stage, done: 0, total: 0, open: 0, shown: [] };
  return {
    add: (units) => {
      for (const unit of units) {
        counts.total += 1;
        if (unit.status === 'done') counts.done += 1;
        else if (!givenUp.has(unit.index)) {
          counts.open += 1;
          if (counts.shown.length < HELD_UNITS_SHOWN) counts.shown.push(heldUnit(unit));
        }
      }
    },
    counted: () => counts,
  };
};
