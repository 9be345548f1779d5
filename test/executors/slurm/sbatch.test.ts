import { describe, expect, it } from 'vitest';
import { parseJobId, readSubmission, type CommandEnd } from '../../../src/executors/slurm/sbatch.js';
import { sbatchWords } from '../../../src/executors/slurm/sbatch-command.js';
import { slurmFixture } from '../../slurm/fixtures.js';

const recorded = (name: string): CommandEnd => {
  const { exit_code, stdout, stderr } = slurmFixture(`sbatch-${name}`);
  return { exitCode: exit_code, stdout, stderr, cutShort: null };
};

const failed = (stderr: string, exitCode = 1): CommandEnd => ({
  exitCode,
  stdout: '',
  stderr,
  cutShort: null,
});

describe('readSubmission, recorded on a real cluster', () => {
  it('accepted', () => {
    expect(readSubmission(recorded('accepted'))).toEqual({ kind: 'accepted', jobId: '1' });
  });

  it.each(['qos-submit-limit', 'account-submit-limit'])('%s is waited for', (name) => {
    expect(readSubmission(recorded(name)).kind).toBe('limit');
  });

  it.each(['no-controller', 'no-munge'])('%s is tried again', (name) => {
    expect(readSubmission(recorded(name)).kind).toBe('busy');
  });

  it.each([
    ['unknown-partition', 'Invalid partition name specified'],
    ['closed-partition', "User's group not permitted to use this partition"],
    ['unknown-account', 'Invalid account or account/partition combination specified'],
    ['foreign-account', 'Invalid account'],
    ['unknown-qos', 'Invalid qos specification'],
    ['over-memory', 'Memory specification can not be satisfied'],
    ['unknown-constraint', 'Invalid feature specification'],
    ['unknown-gres', 'Invalid generic resource (gres) specification'],
    ['unknown-nodelist', 'Invalid node name specified'],
    ['bad-time', 'Invalid --time specification'],
    ['unknown-option', "unrecognized option '--frobnicate'"],
    ['empty-script', 'Batch script is empty!'],
  ])("%s is refused for good, in sbatch's own words", (name, words) => {
    expect(readSubmission(recorded(name))).toEqual({
      kind: 'refused',
      words: expect.stringContaining(words) as unknown,
    });
  });
});

describe('readSubmission', () => {
  it.each([
    'sbatch: error: QOSGrpSubmitJobsLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy',
    'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)',
  ])('waits for a limit on jobs: %j', (stderr) => {
    expect(readSubmission(failed(stderr)).kind).toBe('limit');
  });

  it('does not wait for a limit that a job of this size never meets', () => {
    const stderr =
      'sbatch: error: QOSMaxCpuPerJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy';
    expect(readSubmission(failed(stderr)).kind).toBe('refused');
  });

  it.each([
    'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\nsbatch: error: Batch job submission failed: Resource temporarily unavailable',
    'sbatch: error: Batch job submission failed: Slurm backup controller in standby mode',
  ])('tries again when the controller has no time: %j', (stderr) => {
    expect(readSubmission(failed(stderr)).kind).toBe('busy');
  });

  it.each([
    'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation',
    'sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received',
    'sbatch: error: Batch job submission failed: Unexpected missing socket error',
    'sbatch: error: Batch job submission failed: Connection reset by peer',
  ])('does not know whether the job was taken: %j', (stderr) => {
    expect(readSubmission(failed(stderr)).kind).toBe('ambiguous');
  });

  it.each<[string, CommandEnd]>([
    ['a signal', { exitCode: null, stdout: '', stderr: '', cutShort: 'signal' }],
    ['a time-out', { exitCode: null, stdout: '', stderr: '', cutShort: 'timeout' }],
    ['timeout(1)', failed('', 124)],
    ['timeout(1) with force', failed('', 137)],
    ['success without an id', failed('', 0)],
    ['an id, but no success', { exitCode: null, stdout: '12\n', stderr: '', cutShort: 'signal' }],
  ])('does not know either after %s', (_name, end) => {
    expect(readSubmission(end).kind).toBe('ambiguous');
  });

  it('tries again where there is no sbatch', () => {
    const end: CommandEnd = {
      exitCode: null,
      stdout: '',
      stderr: 'spawn sbatch ENOENT',
      cutShort: 'not_started',
    };
    expect(readSubmission(end)).toEqual({ kind: 'busy', words: 'spawn sbatch ENOENT' });
  });
});

it.each([
  ['12\n', '12'],
  ['12;cluster\n', '12'],
  ['Welcome 2026\n2026 jobs\n12\nBye\n', '12'],
  ['3\n12', '12'],
  ['', null],
  ['0\n', null],
  ['Submitted batch job 12\n', null],
])('parseJobId(%j) is %j', (text, expected) => {
  expect(parseJobId(text)).toBe(expected);
});

describe('sbatchWords', () => {
  it('is ended by timeout(1), which outlives the worker', () => {
    expect(sbatchWords([], 40)).toEqual([
      ...['timeout', '--kill-after=5', '40', 'sbatch', '--parsable'],
      '--ignore-pbs',
    ]);
  });

  it("runs the site's commands in the same shell first", () => {
    const [shell, option, script, , ...rest] = sbatchWords(['module load slurm', 'export A=1'], 40);
    expect([shell, option]).toEqual(['bash', '-c']);
    expect(script?.split('\n').slice(-3)).toEqual(['module load slurm', 'export A=1', 'exec "$@" >&3 3>&-']);
    expect(rest).toEqual(sbatchWords([], 40));
  });
});
