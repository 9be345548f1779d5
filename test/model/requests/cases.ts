/** The cases of a campaign: random requests, some of them with an operator. */
import fc from 'fast-check';
import type { Act } from '../oracle/operator.js';
import { caseOf, commandOf, programFile, type Case } from './requests.js';
import { rarely } from './scalars.js';

/** One run in ten is made of processes: they cost a hundred times more. */
const unattended: fc.Arbitrary<Case> = fc.oneof(
  { weight: 9, arbitrary: caseOf(false) },
  { weight: 1, arbitrary: caseOf(true) },
);

const act: fc.Arbitrary<Act> = fc.record({
  does: fc.constantFrom('retry', 'retry', 'retry', 'retry', 'skip', 'skip', 'stop'),
  some: fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 })),
  rerun: fc.boolean(),
});

/** Held where its units fail, for whoever acts then. */
const attended = (one: Case, acts: Act[]): Case => {
  const { recovery } = one.request;
  if (recovery !== undefined && (typeof recovery !== 'object' || Array.isArray(recovery))) return one;
  return { ...one, request: { ...one.request, recovery: { ...recovery, on_failure: 'wait' } }, acts };
};

/** One run in four has an operator. */
export const anyCase: fc.Arbitrary<Case> = fc
  .tuple(unattended, rarely<Act[] | null>(3, null, fc.array(act, { maxLength: 4 })))
  .map(([one, acts]) => (acts === null ? one : attended(one, acts)));

/** All of processes, which may be forked from a warm interpreter of `python`. */
export const anyPythonCase = (python: string): fc.Arbitrary<Case> =>
  caseOf(true, commandOf(python, programFile('play-unit.py')));
