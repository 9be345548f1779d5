import { describe, expect, it } from 'vitest';
import {
  isUnknownJob,
  parseScontrolConfig,
  parseScontrolJob,
} from '../../../../src/executors/slurm/commands/scontrol.js';
import { slurmFixture } from '../../../slurm/fixtures.js';

describe('parseScontrolJob', () => {
  it.each([
    ['killed', 'FAILED', { code: 0, signal: 9 }],
    ['failed', 'FAILED', { code: 3, signal: 0 }],
    ['timeout', 'TIMEOUT', { code: 0, signal: 15 }],
    ['node-fail', 'NODE_FAIL', null],
    ['completing', 'COMPLETING', null],
    ['special-exit', 'SPECIAL_EXIT', null],
  ])('reads job %s of a real cluster', (name, state, exit) => {
    const job = parseScontrolJob(slurmFixture(`scontrol-${name}`).stdout);
    expect(job).toMatchObject({ name, state });
    if (exit !== null) expect(job?.exit).toEqual(exit);
  });

  it('is not misled by what users write', () => {
    const text =
      'JobId=7 JobName=mine\n   JobState=RUNNING Reason=None\n   Comment=JobState=FAILED JobName=other JobId=9\n';
    expect(parseScontrolJob(text)).toMatchObject({ jobId: '7', name: 'mine', state: 'RUNNING' });
  });

  it.each(['', 'hello', 'JobId= JobName=x JobState=RUNNING', 'JobId=1 JobName=x'])(
    'is null for %j',
    (text) => {
      expect(parseScontrolJob(text)).toBeNull();
    },
  );
});

it('tells an unknown id from no answer', () => {
  expect(isUnknownJob(slurmFixture('scontrol-unknown-id').stderr)).toBe(true);
  expect(isUnknownJob(slurmFixture('scontrol-no-controller').stderr)).toBe(false);
  expect(isUnknownJob(slurmFixture('scontrol-no-munge').stderr)).toBe(false);
});

describe('parseScontrolConfig', () => {
  it("reads the controller's time-outs", () => {
    expect(parseScontrolConfig(slurmFixture('scontrol-config').stdout)).toEqual({
      clusterName: 'frac',
      messageTimeoutSeconds: 5,
      killWaitSeconds: 3,
      slurmdTimeoutSeconds: 10,
      accounting: true,
    });
  });

  it('is null where it was not told', () => {
    expect(parseScontrolConfig('KillWait = soon\nAccountingStorageType = accounting_storage/none\n')).toEqual(
      {
        clusterName: null,
        messageTimeoutSeconds: null,
        killWaitSeconds: null,
        slurmdTimeoutSeconds: null,
        accounting: false,
      },
    );
  });
});
