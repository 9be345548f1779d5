import { describe, expect, it } from 'vitest';
import {
  accountingIsOff,
  parseDuration,
  parseSacct,
  parseSize,
  sacctByUser,
} from '../../../../src/executors/slurm/commands/sacct.js';
import { slurmFixture } from '../../../slurm/fixtures.js';

const accounts = parseSacct(slurmFixture('sacct-ends').stdout);

describe('parseSacct', () => {
  it('reads every end of a real cluster', () => {
    expect([...accounts.values()].map(({ state }) => state)).toEqual([
      'COMPLETED',
      'FAILED',
      'FAILED',
      'FAILED',
      'OUT_OF_MEMORY',
      'TIMEOUT',
      'DEADLINE',
      'CANCELLED by 1001',
      'CANCELLED by 1001',
    ]);
    expect(accounts.get('2')?.exit).toEqual({ code: 3, signal: 0 });
    expect(accounts.get('4')?.exit).toEqual({ code: 0, signal: 9 });
    expect(accounts.get('5')?.exit).toEqual({ code: 0, signal: 125 });
  });

  it("gives a job its steps' memory", () => {
    expect(accounts.get('6')).toMatchObject({
      name: 'timeout',
      node: 'n1',
      timeLimitMinutes: 1,
      requestedMem: '100M',
      usage: { elapsed_seconds: 87, max_rss_bytes: 4876 * 1024, cpu_seconds: 0.003 },
    });
    expect(accounts.get('7')).toMatchObject({ node: null, usage: { max_rss_bytes: null } });
  });

  it('keeps bars in names, and knows what it was not told', () => {
    const all = parseSacct(slurmFixture('sacct-no-controller').stdout);
    expect(all.get('17')?.name).toBe('a|b c.key-1');
    expect(all.get('13')?.started).toBeNull();
    const preempted = parseSacct(slurmFixture('sacct-preempted').stdout).get('1');
    expect(preempted).toMatchObject({ state: 'PREEMPTED', timeLimitMinutes: null, node: 'n1,n2' });
  });

  it('finds nothing in nothing', () => {
    expect(parseSacct('').size).toBe(0);
    expect(parseSacct('sacct: hello\n\n1|RUNNING\n').size).toBe(0);
  });
});

it('tells accounting that is off from accounting that is down', () => {
  expect(accountingIsOff(slurmFixture('sacct-no-accounting').stderr)).toBe(true);
  expect(accountingIsOff(slurmFixture('sacct-no-slurmdbd').stderr)).toBe(false);
  expect(accountingIsOff(slurmFixture('sacct-no-munge').stderr)).toBe(false);
});

it.each([
  ['2848K', 2848 * 1024],
  ['1.50M', 1.5 * 1024 ** 2],
  ['12G', 12 * 1024 ** 3],
  ['0', 0],
  ['', null],
  ['16?', null],
])('parseSize(%j) is %j', (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

it.each([
  ['00:00.002', 0.002],
  ['01:02:03', 3723],
  ['2-01:00:00', 176_400],
  ['', null],
  ['Unknown', null],
])('parseDuration(%j) is %j', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

it('always says since when', () => {
  const words = sacctByUser('ann', 61.2);
  expect(words[words.indexOf('-S') + 1]).toBe('now-62seconds');
});
