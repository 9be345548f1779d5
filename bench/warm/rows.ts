/** Pairs of a plain and a warm run, and their rows. */
import type { Row } from '../bench.js';
import { median, seconds, times } from '../measure.js';
import { judged } from '../rows.js';
import type { Comparison } from './files.js';
import type { Took } from './site.js';

export interface Pair {
  plain: Took;
  warm: Took;
}

/**
 * Wall time is judged; processor time stands beside, since other work on the machine stretches only the former. The ratio
 * is the median of the pairs' own: the speed of a machine drifts over the minutes by more than what is looked for.
 */
export const pairRows = (what: string, limit: number, pairs: Pair[]): Row[] => {
  const row = (kind: keyof Took): Row => {
    const warm = median(pairs.map((pair) => pair.warm[kind]));
    const plain = median(pairs.map((pair) => pair.plain[kind]));
    const ratio = median(pairs.map((pair) => pair.warm[kind] / pair.plain[kind]));
    return {
      what: kind === 'wall' ? what : '  processor time of the same',
      measured: seconds(warm),
      peer: `plain: ${seconds(plain)}`,
      ratio: times(ratio),
      ...(kind === 'wall' ? judged(ratio, limit, null) : { limit: '', reached: null }),
    };
  };
  return [row('wall'), row('processor')];
};

export const comparisonRow = (what: string, { files, different }: Comparison): Row => ({
  what,
  measured: `${different.length} of ${files} files differ${different.length > 0 ? `: ${different.slice(0, 5).join(', ')}` : ''}`,
  peer: 'plain',
  ratio: '',
  limit: '0',
  reached: different.length === 0,
});
