import { describe, expect, it } from 'vitest';
import { closestTo, didYouMean } from '../../src/validation/did-you-mean.js';

const known = ['args_parallel', 'args_non_parallel', 'cpus_per_task', 'mem', 'time', 'type_filters'];

describe('closestTo', () => {
  it.each([
    ['args_parralel', 'args_parallel'],
    ['args_paralel', 'args_parallel'],
    ['cpus_per_tsk', 'cpus_per_task'],
    ['Mem', 'mem'],
    ['mme', 'mem'],
    ['tpye_filters', 'type_filters'],
    ['arg_nonparallel', 'args_non_parallel'],
  ])('%s means %s', (slip, meant) => {
    expect(closestTo(slip, known)).toBe(meant);
  });

  it.each(['mem', 'partition', 'me_too', 'x'.repeat(1_000_000), ''])(
    'what is known, or near to nothing, means nothing else',
    (word) => {
      expect(closestTo(word, known)).toBeNull();
      expect(didYouMean(word, known)).toBe('');
    },
  );
});
