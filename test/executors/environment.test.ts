import { expect, it } from 'vitest';
import {
  plainShellEnvironment,
  scrubbedEnvironment,
  unitShellEnvironment,
} from '../../src/executors/environment.js';

it('hands on the user’s environment without what configures the worker or the scheduler’s commands', () => {
  const kept = {
    PATH: '/bin',
    HOME: '/h',
    SLURM_CONF: '/etc/slurm.conf',
    MY_TEMPORAL_X: '1',
    LC_ALL: 'C',
    EMPTY: '',
  };
  const dropped = {
    ...{
      FRACTAL_TEMPORAL_KEYS: 'x',
      TEMPORAL_API_KEY: 'x',
      NODE_OPTIONS: 'x',
      npm_config_x: 'x',
      SBATCH_ACCOUNT: 'x',
      SLURM_JOB_ID: '1',
    },
    ...{ SQUEUE_FORMAT: 'x', SACCT_FORMAT: 'x', UNSET: undefined },
    ...{ NOTIFY_SOCKET: 'x', WATCHDOG_USEC: '1' },
  };
  expect(scrubbedEnvironment({ ...kept, ...dropped })).toEqual(kept);
});

it('keeps from our own shells what would run in them first, and hands it on to the units', () => {
  const kept = { PATH: '/bin', BASH_VERSION_X: '1' };
  const startUp = { BASH_ENV: '/e', ENV: '/f', 'BASH_FUNC_module%%': '() { :; }' };
  const all = { ...kept, ...startUp, SHELLOPTS: 'xtrace', BASHOPTS: 'extglob', BASH_XTRACEFD: '5' };
  expect(plainShellEnvironment(all)).toEqual(kept);
  expect(unitShellEnvironment(all)).toEqual({
    ...kept,
    FRACTAL_UNIT_ENV_0: 'BASH_ENV=/e',
    FRACTAL_UNIT_ENV_1: 'ENV=/f',
    FRACTAL_UNIT_ENV_2: 'BASH_FUNC_module%%=() { :; }',
  });
});
