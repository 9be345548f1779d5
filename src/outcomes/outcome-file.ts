/** The outcome of one try of a batch as a file: a header line, then a line per unit (docs/files.md). */
import { readState } from '../state/files.js';
import { parseLines } from '../state/json-lines.js';
import type { FileReference } from '../wire/failure.js';
import type { Outcome, OutcomeHeader, UnitOutcome } from './unit-outcome.js';

/** @throws StateCorrupt, StorageFailed as `readState` does. */
export const readOutcome = async (reference: FileReference): Promise<Outcome> =>
  parseOutcome(await readState(reference));

export const parseOutcome = (bytes: Buffer): Outcome => {
  const [header, ...units] = parseLines<OutcomeHeader | UnitOutcome>(bytes);
  return { header: header as OutcomeHeader, units: units as UnitOutcome[] };
};

export function* formatOutcome(outcome: Outcome): Generator<string> {
  yield `${JSON.stringify(outcome.header)}\n`;
  for (const unit of outcome.units) yield `${JSON.stringify(unit)}\n`;
}
