/** Requests that go on from an earlier run, made from what lies in directories. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { againRequest, continuedRequest, NotContinuableError } from '../../src/client/index.js';
import { validateRequest } from '../../src/validation/validate-request.js';
import { identityPath, requestPath, resultPath, runnerDir } from '../../src/state/paths.js';
import { makeRequest } from '../support/scripted-requests.js';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'fractal-temporal-'));
});
afterAll(() => rm(base, { recursive: true }));

const folder = (): Promise<string> => mkdtemp(join(base, 'x-'));

const requestIn = (dir: string, extra: Record<string, unknown> = {}) =>
  makeRequest({ dir, tasks: [{ type: 'parallel' }], extra });

/** What a run leaves in its directory, as far as clients look at it. */
const leaveRun = async (dir: string, status: string | null, request: object): Promise<void> => {
  await mkdir(runnerDir(dir), { recursive: true });
  await writeFile(identityPath(dir), JSON.stringify({ format: 3, uuid: 'u', workflow_id: 'w' }));
  const stored = validateRequest(request).request;
  expect(stored).not.toBeNull();
  await writeFile(requestPath(dir), JSON.stringify(stored));
  if (status === null) return;
  const result = { status, error: null, images: [], task_runs: [], workflow_id: 'w', workflow_dir: dir };
  await writeFile(resultPath(dir), JSON.stringify(result));
};

describe('continuedRequest', () => {
  it('is the stored request in the next free directory, and a valid one', async () => {
    const dir = await folder();
    const job = join(dir, 'run');
    const recovery = {
      rerun_interrupted: false,
      memory: { tries: 2, factor: 1.5, max: '8G' },
      time: { tries: 1, max: '1-02:30:00' },
      infrastructure: { tries: 3 },
      exit_codes: { '75': { tries: 3 } },
      on_failure: 'continue',
      tasks: { '0': { memory: { tries: 1 } } },
    };
    const request = requestIn(dir, { recovery, job_type_filters: { x: true } });
    await leaveRun(job, 'failed', request);
    await mkdir(join(dir, 'run.2'));
    await mkdir(join(dir, 'run.x'));
    const next = await continuedRequest(job);
    const before = validateRequest(request).request;
    expect(validateRequest(next)).toEqual({
      errors: [],
      request: {
        ...before,
        dataset: { ...before?.dataset, images: [] },
        workflow_dir_local: join(dir, 'run.3'),
        continue_from: job,
      },
    });
    const allowed = validateRequest(await continuedRequest(job, { rerunInterrupted: true })).request;
    expect(allowed?.recovery.rerun_interrupted).toBe(true);
    expect(allowed?.recovery.tasks['0']?.rerun_interrupted).toBe(true);
  });

  it('counts on from the first directory, and keeps the two sides of a cluster together', async () => {
    const dir = await folder();
    const [local, remote] = [join(dir, 'local', 'job'), join(dir, 'remote', 'job')];
    const request = requestIn(dir, {
      ...{ workflow_dir_local: local, workflow_dir_remote: remote, backend: 'slurm' },
    });
    await leaveRun(remote, 'failed', request);
    await leaveRun(`${remote}.2`, 'failed', request);
    expect(await continuedRequest(`${remote}.2`)).toMatchObject({
      workflow_dir_local: `${local}.3`,
      workflow_dir_remote: `${remote}.3`,
      continue_from: `${remote}.2`,
    });
    const named = await continuedRequest(remote, { workflowDir: join(dir, 'new') });
    expect(named).toMatchObject({
      workflow_dir_local: join(dir, 'new'),
      workflow_dir_remote: join(dir, 'new'),
    });
  });

  it('a name that ends with a number is no second run', async () => {
    const dir = await folder();
    const job = join(dir, 'v1.2');
    await leaveRun(job, 'failed', requestIn(dir, { workflow_dir_local: job }));
    expect((await continuedRequest(job)).workflow_dir_local).toBe(join(dir, 'v1.2.2'));
  });

  it('is refused where no run was opened', async () => {
    await expect(continuedRequest(await folder())).rejects.toThrow(NotContinuableError);
  });
});

describe('againRequest', () => {
  it('is the request itself the first time, and while its run goes on', async () => {
    const dir = await folder();
    const request = requestIn(dir);
    expect(await againRequest(request)).toEqual({ request, done: null });
    await leaveRun(join(dir, 'run'), null, request);
    expect(await againRequest(request)).toEqual({ request, done: null });
  });

  it('goes on from the last run, and joins that one while it goes on', async () => {
    const dir = await folder();
    const request = requestIn(dir);
    const job = join(dir, 'run');
    await leaveRun(job, 'failed', request);
    const second = { ...request, workflow_dir_local: `${job}.2`, continue_from: job };
    expect(await againRequest(request)).toEqual({ request: second, done: null });
    await leaveRun(`${job}.2`, null, second);
    expect(await againRequest(request)).toEqual({ request: second, done: null });
    await leaveRun(`${job}.2`, 'cancelled', second);
    const third = { ...request, workflow_dir_local: `${job}.3`, continue_from: `${job}.2` };
    expect(await againRequest(request)).toEqual({ request: third, done: null });
  });

  it('runs nothing where all is done, unless more is asked for', async () => {
    const dir = await folder();
    const request = requestIn(dir);
    await leaveRun(join(dir, 'run'), 'done', request);
    expect((await againRequest(request)).done?.workflowId).toBe('w');
    const longer = makeRequest({ dir, tasks: [{ type: 'parallel' }, { type: 'parallel' }] });
    expect((await againRequest(longer)).request?.workflow_dir_local).toBe(join(dir, 'run.2'));
  });
});
