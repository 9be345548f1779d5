import { describe, expect, it } from 'vitest';
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

  it('doubles memory each time, up to what a job may have', () => {
    const memory = [1, 2, 3].map(
      (times) => raiseResources(resources, 'memory', times, limits)['mem_mb_per_unit'],
    );
    expect(memory).toEqual([20_000, 32_000, 32_000]);
  });

  it('doubles time each time', () => {
    expect(raiseResources(resources, 'time', 1, limits)).toEqual({ ...resources, time: '120' });
    expect(raiseResources(resources, 'time', 2, limits)['time']).toBe('240');
  });

  it('leaves alone what nobody limited', () => {
    for (const time of [null, 'UNLIMITED']) {
      expect(raiseResources({ ...resources, time }, 'time', 1, limits)).toEqual({ ...resources, time });
    }
  });
});
