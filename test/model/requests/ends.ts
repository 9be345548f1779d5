/** How batches end: most with their last unit, some tries otherwise, a few never well. */
import fc from 'fast-check';
import { WORDS, type PlayedEnd, type PlayedEnds } from '../task/ends.js';
import { rarely } from './scalars.js';

const end = (running: boolean): fc.Arbitrary<PlayedEnd> =>
  fc.record(
    {
      word: fc.constantFrom(...WORDS),
      node: fc.constantFrom('n1', 'n2', 'n3'),
      ended: fc.constantFrom(0, 0, 1, 2),
      running: running ? fc.constantFrom(0, 1, 1, 2) : fc.constant(0),
      left: fc.constantFrom(
        'nothing' as const,
        'nothing' as const,
        'SIGKILL' as const,
        'SIGTERM' as const,
        'unknown' as const,
      ),
      silent: rarely(6, false, fc.constant(true)),
      unknown: rarely(10, false, fc.constant(true)),
    },
    { noNullPrototype: true },
  );

const some = fc.array(end(true), { minLength: 1, maxLength: 3 });

/** As many as it takes until nothing is tried again, and one more. */
const many = fc.array(
  fc.oneof({ weight: 3, arbitrary: end(false) }, { weight: 1, arbitrary: end(true) }).map((one) => {
    const isFinal = ['failed', 'cancelled', 'refused'].includes(one.word);
    return { ...one, ended: 0, word: isFinal ? ('node_fail' as const) : one.word };
  }),
  { minLength: 5, maxLength: 6 },
);

/** Of the first batches of a part; null where every unit is to come to its own end. */
export const playedEnds: fc.Arbitrary<PlayedEnds | null> = rarely<PlayedEnds | null>(
  5,
  null,
  fc.dictionary(
    fc.constantFrom('0', '0', '1'),
    fc.oneof({ weight: 7, arbitrary: some }, { weight: 1, arbitrary: many }),
    { minKeys: 1, maxKeys: 2, noNullPrototype: true },
  ),
);
