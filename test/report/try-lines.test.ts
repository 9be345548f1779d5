import { describe, expect, it } from 'vitest';
import { tryLines } from '../../src/report/try-lines.js';
import type { UnitTry } from '../../src/wire/result.js';

const done: UnitTry = {
  ...{ n: 1, cause: null, exit_code: 0, signal: null, asked: {}, node: null, job: null },
  used: { seconds: 12, max_rss_bytes: null, cpu_seconds: null },
  log_file: '/run/0_a/par-000000-0000000-log.txt',
};

const onSlurm: UnitTry = {
  ...done,
  ...{ cause: 'out_of_memory', exit_code: null, signal: 9, node: 'n1', job: '17' },
  asked: { mem_mb_per_unit: 100, partition: 'normal', gres: null, extra_lines: [] },
  used: { seconds: 2.5, max_rss_bytes: 100 * 1024 * 1024, cpu_seconds: 3 },
};

describe('the tries of a unit', () => {
  it.each<[string, UnitTry[] | undefined, string[]]>([
    ['of an older record', undefined, []],
    ['one alone, of which all has been said', [{ ...done, cause: 'exit', exit_code: 1 }], []],
    [
      'again by its exit code',
      [
        { ...done, cause: 'exit', exit_code: 75 },
        { ...done, n: 2 },
      ],
      ['try 1: exit code 75; used 12 s', 'try 2: exit code 0; used 12 s'],
    ],
    [
      'one alone with limits',
      [onSlurm],
      [
        'try 1: out_of_memory, signal 9; asked for mem_mb_per_unit 100, partition normal; used 2.5 s, 100 MiB, 3.0 s of CPU; job 17 on n1',
      ],
    ],
    [
      'that did not begin it',
      [
        {
          ...{ ...done, cause: 'never_started', exit_code: null, job: '18' },
          used: { seconds: null, max_rss_bytes: null, cpu_seconds: null },
        },
        { ...done, n: 2 },
      ],
      ['try 1: never_started; job 18', 'try 2: exit code 0; used 12 s'],
    ],
  ])('%s', (_, tries, lines) => {
    expect(tryLines(tries === undefined ? {} : { tries })).toEqual(lines);
  });
});
