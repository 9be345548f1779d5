import { describe, expect, it } from 'vitest';
import {
  parseJobId,
  readSubmission,
  type CommandEnd,
} from '../../../../src/executors/slurm/commands/sbatch.js';
import { sbatchWords } from '../../../../src/executors/slurm/jobs/sbatch-command.js';
import { slurmFixture } from '../../../slurm/fixtures.js';

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
    expect(readSubmission(end)).toEqual({
      kind: 'unclear',
      words: 'spawn sbatch ENOENT',
      perhapsTaken: false,
    });
  });

  it.each<[string, CommandEnd, boolean]>([
    [
      'sbatch is not on the PATH',
      failed("timeout: failed to run command 'sbatch': No such file or directory\n", 127),
      false,
    ],
    [
      'the controller cannot write',
      failed('sbatch: error: Batch job submission failed: I/O error writing script/environment to file\n'),
      false,
    ],
    [
      "a command of the site's fails",
      failed(
        'bash: line 4: module: command not found\npre_submission_commands failed at: module load x\n',
        127,
      ),
      false,
    ],
    [
      "the site's wrapper dies",
      failed(
        'Traceback (most recent call last):\n  File "/opt/site/sbatch", line 3, in <module>\nConnectionRefusedError: [Errno 111] Connection refused: Invalid account\n',
      ),
      true,
    ],
    [
      "a plugin of the site's says no without a reason",
      failed('sbatch: error: ask us first\nsbatch: error: Batch job submission failed: Unspecified error\n'),
      true,
    ],
    ['sbatch says nothing', failed(''), true],
  ])('%s: it may pass, and is no refusal', (_name, end, perhapsTaken) => {
    expect(readSubmission(end)).toMatchObject({ kind: 'unclear', perhapsTaken });
  });

  it('looks for a job whose id was printed by an sbatch that failed', () => {
    expect(readSubmission({ ...failed('Traceback'), stdout: '12\n' }).kind).toBe('ambiguous');
  });

  it.each([
    'sbatch: error: Batch job submission failed: More processors requested than permitted',
    'sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)',
    'sbatch: error: Batch job submission failed: Invalid qos specification',
    'sbatch: error: Batch job submission failed: Requested node configuration is not available',
    'sbatch: error: Batch job submission failed: Invalid license specification',
    "sbatch: option '--me=1' is ambiguous; possibilities: '--mem' '--mem-bind'",
    'sbatch: fatal: --mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive.',
    'sbatch: error: Invalid directive found in batch script: foo',
    'allocation failure: Requested node configuration is not available',
  ])('%s: final', (stderr) => {
    expect(readSubmission(failed(stderr)).kind).toBe('refused');
  });

  it.each([
    'sbatch: error: Batch job submission failed: System submissions disabled',
    'sbatch: error: Batch job submission failed: Required node not available (down, drained or reserved)',
  ])('%s: waited for', (stderr) => {
    expect(readSubmission(failed(stderr)).kind).toBe('busy');
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
