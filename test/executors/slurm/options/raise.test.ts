import { describe, expect, it } from 'vitest';
import type { Raise } from '../../../../src/batch/contract.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { raiseResources } from '../../../../src/executors/slurm/options/raise.js';
import { formatTimeLimit, parseTimeLimit } from '../../../../src/quantities/time-limit.js';
import { configText } from '../config-text.js';
import { fakeResources } from '../fake-cluster.js';

it.each([
  ['90', 5400],
  ['90:30', 5430],
  ['1:30:00', 5400],
  ['2-12', 216_000],
  ['2-12:30', 217_800],
  ['2-12:30:15', 217_815],
  ['UNLIMITED', null],
  ['soon', null],
  ['', null],
])('parseTimeLimit(%j) is %j', (text, seconds) => {
  expect(parseTimeLimit(text)).toBe(seconds);
});

it('formats whole minutes, upwards', () => {
  expect([60, 61, 5400].map(formatTimeLimit)).toEqual(['1', '2', '90']);
});

describe('raiseResources', () => {
  const limits = parseSlurmConfig(configText()).batching_config;
  const resources = { ...fakeResources, mem_mb_per_unit: 10_000, time: '1:00:00' };
  const by = (times: number, rest: Partial<Raise> = {}): Raise => ({
    ...{ times, factor: 2, max: null, ceilings: {} },
    ...rest,
  });
  const memory = (one: Raise) => raiseResources(resources, 'memory', one, limits)['mem_mb_per_unit'];
  const time = (one: Raise, asked: string | null = '1:00:00') =>
    raiseResources({ ...resources, time: asked }, 'time', one, limits)['time'];

  it('raises memory by the factor each time, up to what a job may have', () => {
    expect([by(1), by(2), by(3)].map(memory)).toEqual([20_000, 32_000, 32_000]);
    expect(memory(by(2, { factor: 1.1 }))).toBe(12_101);
  });

  it.each<[string, Partial<Raise>, number]>([
    ["the request's own", { max: 15_000 }, 15_000],
    ["not the request's beyond that of a job", { max: 90_000 }, 32_000],
    [
      'that of the plan, whatever this worker is configured with',
      { ceilings: { max_mem_mb: 16_000 } },
      16_000,
    ],
    ['what it had already, where that is more', { max: 5_000 }, 10_000],
  ])('takes as the most memory %s', (_, rest, expected) => {
    expect(memory(by(3, rest))).toBe(expected);
  });

  it('raises time by the factor each time', () => {
    expect([by(1), by(2), by(1, { factor: 1.5 })].map((one) => time(one))).toEqual(['120', '240', '90']);
  });

  it.each<[string, Partial<Raise>, string | null, string | null]>([
    ["the partition's limit", { ceilings: { max_time_seconds: 5400 } }, '1:00:00', '90'],
    ['whole minutes of it, never one more', { ceilings: { max_time_seconds: 5450 } }, '1:00:00', '90'],
    ["the request's own", { max: 4500, ceilings: { max_time_seconds: 9000 } }, '1:00:00', '75'],
    ['what it had, where that is the most', { ceilings: { max_time_seconds: 3600 } }, '1:00:00', '1:00:00'],
    [
      "the partition's default, where nobody set a time",
      { ceilings: { default_time_seconds: 600 } },
      null,
      '20',
    ],
    ['no limit, where there is none', {}, null, null],
    ['no limit, where none was asked for', {}, 'UNLIMITED', 'UNLIMITED'],
  ])('takes as time %s', (_, rest, asked, expected) => {
    expect(time(by(1, rest), asked)).toBe(expected);
  });
});
