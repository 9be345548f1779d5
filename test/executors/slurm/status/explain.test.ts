import { describe, expect, it } from 'vitest';
import {
  explainEnd,
  explainVanished,
  type EndedJob,
} from '../../../../src/executors/slurm/status/explain.js';

const job = (changes: Partial<EndedJob>): EndedJob => ({
  jobId: '42',
  state: 'FAILED',
  exit: null,
  node: 'n1',
  usage: null,
  memoryLimit: '4000 MB',
  timeLimit: '60 min',
  reason: '',
  stderrTail: '',
  stdoutTail: '',
  cancelledByRun: false,
  ...changes,
});

describe('explainEnd', () => {
  it.each<[Partial<EndedJob>, RegExp]>([
    [{ state: 'OUT_OF_MEMORY' }, /more memory than its limit of 4000 MB.*`mem`/],
    [
      { exit: { code: 0, signal: 9 }, stderrTail: 'slurmstepd: error: Exceeded job memory limit' },
      /more memory than its limit of 4000 MB/,
    ],
    [{ state: 'TIMEOUT' }, /longer than its time limit of 60 min.*`time`/],
    [{ state: 'TIMEOUT', timeLimit: null }, /longer than its time limit\. /],
    [{ state: 'DEADLINE' }, /deadline/],
    [{ state: 'NODE_FAIL' }, /node .* has failed/],
    [{ state: 'BOOT_FAIL' }, /could not be started/],
    [{ state: 'PREEMPTED' }, /higher priority/],
    [{ state: 'CANCELLED by 0' }, /cancelled by an administrator, not by this run/],
    [{ state: 'CANCELLED by 1000' }, /by the user with id 1000/],
    [{ state: 'CANCELLED by 1000', cancelledByRun: true }, /cancelled with its run/],
    [{ exit: { code: 3, signal: 0 } }, /exit code 3/],
    [{ exit: { code: 0, signal: 11 } }, /signal 11 \(SIGSEGV/],
    [{ exit: { code: 92, signal: 0 } }, /disk full/],
    [{ exit: { code: 93, signal: 0 } }, /shared file system/],
    [{ reason: 'BadConstraints', exit: { code: 1, signal: 0 } }, /never started/],
  ])('%j', (changes, expected) => {
    expect(explainEnd(job(changes))).toMatch(expected);
  });

  it('always names job, node and state', () => {
    expect(explainEnd(job({ state: 'CANCELLED by 0', exit: { code: 0, signal: 15 } }))).toMatch(
      /\(SLURM job 42 on n1, state CANCELLED by 0, exit 0:15\)$/,
    );
  });

  it('shows what it used, but not a memory that SLURM cannot have seen', () => {
    const usage = { elapsed_seconds: 12, max_rss_bytes: 1.5e9, cpu_seconds: 3 };
    expect(explainEnd(job({ usage }))).toMatch(/ran for 12 s and used at most 1\.5 GB/);
    expect(explainEnd(job({ usage, state: 'OUT_OF_MEMORY' }))).not.toMatch(/1\.5 GB/);
  });

  it('ends with the last lines of stderr', () => {
    expect(explainEnd(job({ stderrTail: 'slurmstepd: killed\n' }))).toMatch(/stderr:\nslurmstepd: killed$/);
  });
});

it('says of a lost job how long it was looked for', () => {
  expect(explainVanished('42', 300.4)).toMatch(/job 42.*300 s/);
});
