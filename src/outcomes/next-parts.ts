/** The try that follows: units that ask for the same are submitted together. */
import { partName, type Ask } from './ask.js';
import type { Policy } from './policy.js';
import type { UnitOutcome } from './unit-outcome.js';
import type { Verdict } from './verdict.js';

/** Units that the next try runs together, since they ask for the same. */
export interface Part {
  name: string;
  asks: Ask;
  units: UnitOutcome[];
}

/** The parts of the try that follows, in the order of their names; none where nothing runs again. */
export const nextParts = ({ units }: Pick<Verdict, 'units'>, { inParts }: Policy): Part[] => {
  const parts = new Map<string, Part>();
  for (const unit of units.values()) {
    if (unit.status !== 'again') continue;
    const name = inParts ? partName(unit.wants) : '';
    const part = parts.get(name) ?? { name, asks: unit.wants, units: [] };
    part.units.push(unit);
    parts.set(name, part);
  }
  return [...parts.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
};
