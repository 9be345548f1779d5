/** Files that a worker reads or writes, in whose place somebody has put a pipe: no run hangs of it. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { InvalidRequestError, JobExecutionError } from '../../src/client/index.js';
import { requestPath, resultPath, workflowLogPath } from '../../src/state/paths.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';
import { untilFile } from '../support/until.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

const mkfifo = (path: string): void => {
  execFileSync('mkfifo', [path]);
};

it('the file of the images: the request is refused', async () => {
  const dir = await harness.folder();
  const request = makeRequest({ dir, tasks: [{ type: 'parallel' }] });
  const images_file = join(dir, 'images.json');
  mkfifo(images_file);
  const dataset = { zarr_dir: request.dataset.zarr_dir, images_file };
  const handle = await harness.start({ ...request, dataset });
  await expect(handle.result()).rejects.toThrow(InvalidRequestError);
});

it('the log of the run: it ends as without', async () => {
  const dir = await harness.folder();
  const request = makeRequest({ dir, tasks: [{ type: 'parallel' }], images: ['a'] });
  await mkdir(request.workflow_dir_local);
  mkfifo(workflowLogPath(request.workflow_dir_local));
  const handle = await harness.start(request);
  expect(await handle.result()).toMatchObject({ status: 'done' });
});

it('its own copy of the request: it ends, and names the file', async () => {
  const dir = await harness.folder();
  const script = { '*': { wait_for: join(dir, 'go') } };
  const task = { type: 'parallel', script, runs_file: join(dir, 'runs') } as const;
  const request = makeRequest({ dir, tasks: [task], images: ['a'] });
  const { workflow_dir_local: runDir } = request;
  const handle = await harness.start(request);
  await untilFile(join(dir, 'runs'));
  await rm(requestPath(runDir));
  mkfifo(requestPath(runDir));
  await writeFile(join(dir, 'go'), '');
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(JobExecutionError);
  expect((error as Error).message).toContain(requestPath(runDir));
  expect(JSON.parse(await readFile(resultPath(runDir), 'utf8'))).toMatchObject({ status: 'failed' });
});
