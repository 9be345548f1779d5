import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withJobReports } from '../../../src/activities/run/finished-jobs.js';
import type { Backend } from '../../../src/batch/contract.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fractal-finished-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const unknown = { state: null, elapsed_seconds: null, max_rss_bytes: null, cpu_seconds: null };
const job = { ...{ job_id: '7', job_name: 'j', batch: 0, requested: {} }, ...unknown };
const usage = { elapsed_seconds: 3, max_rss_bytes: 5, cpu_seconds: 2 };
const backend = {
  report: () => Promise.resolve(new Map([['7', { state: 'COMPLETED', usage }]])),
} as unknown as Backend;

it('a run ends well although nobody can write a record for people any more', async () => {
  // Somebody has made a folder of that name.
  await mkdir(join(folder, 'task_run.json'));
  const task_run = { started: '2026-01-01T00:00:00Z', slurm_jobs: [job] };
  const record = { task_dir: folder, task_run, units: { path: '', sha256: '' } };
  const [told] = await withJobReports([record as never], backend);
  expect(told).toMatchObject({ task_run: { slurm_jobs: [{ state: 'COMPLETED', ...usage }] } });
});
