import { describe, expect, it } from 'vitest';
import { parseSlurmConfig, type SlurmOptionSet } from '../../../../src/executors/slurm/options/config.js';
import { formatFinding, ok, problem } from '../../../../src/doctor/finding.js';
import { judgeConfig } from '../../../../src/executors/slurm/doctor/index.js';
import { isOldBash, judgeEnd, parseAnswer } from '../../../../src/executors/slurm/doctor/node-check.js';
import { judgePartitions, parsePartitions } from '../../../../src/executors/slurm/doctor/partitions.js';
import { judgeRefusal, trialBatch } from '../../../../src/executors/slurm/doctor/trial.js';
import { configNotices } from '../../../../src/executors/slurm/options/notices.js';
import { configText } from '../config-text.js';

const partitions = parsePartitions(
  'main*|up|infinite\nmain*|up|infinite\nshort|up|1:00:00\nold|down|1-00:00:00\nbanner\n',
);

it('reads what sinfo says', () => {
  expect(partitions).toEqual([
    { name: 'main', isDefault: true, up: true, timeLimitSeconds: null },
    { name: 'main', isDefault: true, up: true, timeLimitSeconds: null },
    { name: 'short', isDefault: false, up: true, timeLimitSeconds: 3600 },
    { name: 'old', isDefault: false, up: false, timeLimitSeconds: 86_400 },
  ]);
});

describe('judgePartitions', () => {
  it.each<[SlurmOptionSet, string, RegExp]>([
    [{ partition: 'main' }, 'ok', /main is up/],
    [{}, 'ok', /main.* is up/],
    [{ partition: 'short', time: '60' }, 'ok', /short is up/],
    [{ partition: 'short', time: '61' }, 'problem', /wait for ever/],
    [{ partition: 'short,main', time: '61' }, 'ok', /short.*is up/],
    [{ partition: 'old' }, 'warning', /down/],
    [{ partition: 'gpu' }, 'problem', /no partition gpu -> choose among main, short, old/],
  ])('%j: %s', (options, status, line) => {
    const findings = judgePartitions('default_slurm_config', options, partitions);
    expect(findings.at(-1)?.status).toBe(status);
    expect(findings.map(formatFinding).join('\n')).toMatch(line);
  });

  it('asks for a partition where the cluster has no default one', () => {
    expect(judgePartitions('x', {}, partitions.slice(2))[0]).toMatchObject({ status: 'problem' });
  });
});

it.each([
  ['limit', false, 'warning'],
  ['busy', false, 'warning'],
  ['ambiguous', false, 'warning'],
  ['refused', false, 'problem'],
  ['refused', true, 'warning'],
] as const)('a trial job: %s, largest %s is a %s', (kind, largest, status) => {
  expect(judgeRefusal('a job', { kind, words: 'Invalid qos' }, largest)).toMatchObject({
    status,
    what: expect.stringContaining('Invalid qos') as unknown,
  });
});

it.each([
  [
    'invalid partition specified: nowhere; Batch job submission failed: Invalid partition name specified',
    /partition$/,
  ],
  ['Invalid account or account/partition combination specified', /account, or the partition/],
  [
    'Invalid generic resource (gres) specification',
    /leave out gpu_slurm_config where the cluster has no GPUs/,
  ],
  [
    "QOSMaxMemoryPerJob; Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    /^a limit of the account or QOS is exceeded: ask for less/,
  ],
  ['Invalid feature specification', /correct constraint/],
  ['Invalid qos specification', /qos in extra_lines/],
  ['Memory specification can not be satisfied; Requested node configuration is not available', /lower mem;/],
  ['use --mem-per-cpu, --mem is not allowed here', /memory_option in runner_config/],
  ['allocation failure: Requested node configuration is not available', /no node has so much/],
  ['the site does not want you', /partition, account, mem, gres, constraint or extra_lines/],
])('%s: says what to change', (words, remedy) => {
  expect(judgeRefusal('a job', { kind: 'refused', words }, false).remedy).toMatch(remedy);
});

it('makes one unit, as many at once as usual, or as many as one job may have', () => {
  const config = parseSlurmConfig(configText());
  const trial = (size: 'one' | 'usual' | 'largest') => trialBatch({ config, folder: '/x', gpu: false, size });
  expect([trial('one').lanes, trial('usual').lanes, trial('largest').lanes]).toEqual([1, 4, 16]);
});

it('tells a line that fails on a node from a folder that the node does not see', () => {
  const end = (code: number, loginShell = false) =>
    judgeEnd(
      '/data',
      { jobId: '7', state: 'FAILED', node: 'n1', exit: { code, signal: 0 } },
      'module: not found',
      loginShell,
    );
  expect(formatFinding(end(96))).toMatch(
    /^problem .*line of extra_lines fails on n1 .*module: not found -> /,
  );
  expect(formatFinding(end(96))).toContain('login_shell reads the profiles first');
  expect(formatFinding(end(96, true))).not.toContain('login_shell');
  expect(formatFinding(end(93))).toMatch(/^problem .*\/data: trial job 7 on n1 could not use it/);
});

it('reads the answer of a node', () => {
  expect(parseAnswer('abc 5.2.15 n1\n')).toEqual({ token: 'abc', bash: '5.2.15', node: 'n1' });
  expect(parseAnswer('abc 5.2.15')).toBeNull();
  expect(parseAnswer('')).toBeNull();
  expect(['4.1.2', '3.2.57', '4.2.46', '5.0'].map(isOldBash)).toEqual([true, true, false, false]);
});

it('warns of jobs without a time', () => {
  const findings = (more: object) =>
    judgeConfig(
      'f',
      parseSlurmConfig(configText({ default_slurm_config: { cpus_per_task: 1, mem: 1, ...more } })),
    );
  expect(findings({}).map(({ status }) => status)).toEqual(['ok', 'warning']);
  expect(findings({ time: '10' }).map(({ status }) => status)).toEqual(['ok']);
  const gpu = parseSlurmConfig(configText({ gpu_slurm_config: {} }));
  expect(configNotices(gpu).map(({ what }) => what.split(' ')[0])).toEqual([
    'default_slurm_config',
    'gpu_slurm_config',
  ]);
});

it('is one line, whatever a command said', () => {
  expect(formatFinding(problem('a\n b', 'c'))).toBe('problem  a; b -> c');
  expect(formatFinding(ok('a'))).toBe('ok       a');
});
