import { expect, it } from 'vitest';
import { scrubbedEnvironment } from '../../src/executors/environment.js';

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
      TEMPORAL_API_KEY: 'x',
      NODE_OPTIONS: 'x',
      npm_config_x: 'x',
      SBATCH_ACCOUNT: 'x',
      SLURM_JOB_ID: '1',
    },
    ...{ SQUEUE_FORMAT: 'x', SACCT_FORMAT: 'x', UNSET: undefined },
  };
  expect(scrubbedEnvironment({ ...kept, ...dropped })).toEqual(kept);
});
