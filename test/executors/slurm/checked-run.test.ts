/** What `check` says of the first task, beside what a run on the fake cluster submits. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { examineRequest } from '../../../src/activities/run/examine-request.js';
import type { Backend } from '../../../src/batch/contract.js';
import { createSlurmBackend } from '../../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../../src/executors/slurm/options/config.js';
import { checkReport, type CheckReport } from '../../../src/report/check/check-report.js';
import type { PlanFile } from '../../../src/state/plan-file.js';
import { startHarness, type Harness } from '../../support/harness.js';
import { makeRequest } from '../../support/scripted-requests.js';
import { until } from '../../support/until.js';
import { configText } from './config-text.js';
import { FakeCluster, said } from './fake-cluster.js';

const SCRIPT = 'run/0_first_one/par-000000-slurm-submit.sh';

let folder = '';
/** Scripts come on stdin, which the fake does not read: the first job's name is that in the script's file. */
const firstJobName = (): string => {
  const path = join(folder, SCRIPT);
  return /--job-name=(\S+)/.exec(existsSync(path) ? readFileSync(path, 'utf8') : '')?.[1] ?? 'other';
};
const cluster = new FakeCluster(firstJobName);
const backendOn = (commands: FakeCluster): Backend =>
  createSlurmBackend({
    config: parseSlurmConfig(configText({ runner_config: { poll_interval_seconds: 0.05 } })),
    user: 'ann',
    commands,
  });

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address, backend: () => backendOn(cluster) });
});
afterAll(() => harness.stop());

const requestIn = (dir: string): ReturnType<typeof makeRequest> =>
  makeRequest({
    dir,
    tasks: [{ type: 'parallel', name: 'First one', meta: { mem: '3G', extra_lines: ['#SBATCH --nice=7'] } }],
    images: ['a', 'b', 'c', 'd', 'e', 'f'],
    extra: { backend: 'slurm', slurm_account: 'lab' },
  });

const checkedOn = async (commands: FakeCluster, dir: string, workflowId: string): Promise<CheckReport> => {
  const backend = backendOn(commands);
  const examined = await examineRequest(requestIn(dir), backend);
  return checkReport({ ...examined, workflowId, runDir: join(dir, 'run'), backend, warnings: [] });
};

const known = (script: string): string => script.replaceAll(/[0-9a-f]{16}-(?=000f-000000-1)/g, 'RUN-');

describe('check for the SLURM backend', () => {
  it('tells the jobs, the #SBATCH lines and the script that are submitted', async () => {
    folder = await harness.folder();
    const run = await harness.start({ ...requestIn(folder) });
    await until('the first job is there', () => cluster.jobs.some(({ name }) => name !== 'other'));
    const script = await readFile(join(folder, SCRIPT), 'utf8');
    const plan = JSON.parse(
      await readFile(join(folder, 'run/.runner/plans/000000-first.json'), 'utf8'),
    ) as PlanFile;
    const stage = (await checkedOn(new FakeCluster(() => ''), folder, run.workflowId)).tasks[0]?.stages[0];
    expect(stage).toMatchObject({
      units: plan.units,
      batches: plan.batches.length,
      units_per_batch: plan.layout.unitsPerBatch,
      resources: plan.layout.resources,
    });
    expect(known(stage?.script ?? '')).toBe(known(script));
    expect(stage?.sbatch_lines).toContain('#SBATCH --nice=7');
    expect(stage?.sbatch_lines.map(known)).toEqual(
      known(script)
        .split('\n')
        .filter((line) => line.startsWith('#SBATCH')),
    );
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
  });

  it.each([
    [
      'takes it',
      said('', 0, 'sbatch: Job 7 to start at 2026-01-01T00:00:00 on nodes n1\n'),
      'Job 7 to start',
    ],
    ['refuses it', said('', 1, 'sbatch: error: invalid partition specified: main\n'), 'invalid partition'],
    ['is not there', said('', 127, 'timeout: failed to run command: No such file\n'), null],
  ])('gives the words of an sbatch --test-only that %s, and takes no job', async (_, answer, words) => {
    const asked = new FakeCluster(() => '');
    let script = '';
    asked.override = (command, args) => {
      if (command !== 'timeout') return null;
      expect(args.slice(-2)[0]).toBe('--test-only');
      script = readFileSync(args.at(-1) ?? '', 'utf8');
      return answer;
    };
    const dir = await harness.folder();
    const stage = (await checkedOn(asked, dir, 'wf')).tasks[0]?.stages[0];
    expect(script).toBe(stage?.script);
    expect(stage?.scheduler_says ?? null).toEqual(words === null ? null : expect.stringContaining(words));
    expect(asked.jobs).toEqual([]);
  });
});
