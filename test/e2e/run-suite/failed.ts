/** Runs whose units fail by themselves, whatever their backend: what is kept, and which error names it. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JobExecutionError, TaskExecutionError } from '../../../src/client/index.js';
import { listOf, update, zarrUrl } from '../../support/scripted-requests.js';
import { beginningOn, type RunHarness } from './harness.js';
import { readResult } from '../../support/read-result.js';

export const describeFailed = (harness: () => RunHarness): void => {
  const run = beginningOn(harness);

  describe('a run that fails', () => {
    it('keeps the images of the units that succeeded and names the first that failed', async () => {
      const { dir, handle } = await run(
        (folder) => [
          {
            type: 'parallel',
            output_types: { ok: true },
            script: {
              [zarrUrl(folder, 'b')]: { log: 'what went wrong', exit: 3 },
              [zarrUrl(folder, 'd')]: { exit: 4 },
            },
          },
          { type: 'parallel' },
        ],
        ['a', 'b', 'c', 'd'],
      );
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TaskExecutionError);
      expect((error as TaskExecutionError).details).toMatchObject({
        workflow_task_id: 100,
        workflow_task_order: 0,
        task_name: 'Task 0',
        unit_index: 1,
        component: 'parallel',
        exit_code: 3,
        signal: null,
        failed_units: 2,
        total_units: 4,
        log_tail: 'what went wrong\n',
        log_file: join(dir, 'run', '0_task_0', 'par-000000-0000001-log.txt'),
      });
      expect((error as Error).message).toContain('2 of 4 units failed');
      const result = await readResult(dir);
      expect(result.status).toBe('failed');
      expect(result.error?.type).toBe('TaskExecutionError');
      expect(result.images.map((image) => image.types)).toEqual([{ ok: true }, {}, { ok: true }, {}]);
      expect(result.task_runs).toHaveLength(1);
      expect(result.task_runs[0]?.units.map((unit) => [unit.status, unit.cause, unit.exit_code])).toEqual([
        ['done', null, 0],
        ['failed', 'exit', 3],
        ['done', null, 0],
        ['failed', 'exit', 4],
      ]);
    });

    it('tells a signal from an exit code', async () => {
      const { handle } = await run(
        () => [{ type: 'parallel', script: { '*': { signal: 'SIGKILL' } } }],
        ['a'],
      );
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(JobExecutionError);
      expect((error as JobExecutionError).details).toMatchObject({ signal: 9, exit_code: null });
    });

    it('marks all units of a compound of which one failed', async () => {
      const { dir, handle } = await run(
        (folder) => [
          {
            type: 'compound',
            script: {
              '*': {
                write: listOf({ zarr_url: zarrUrl(folder, 'a') }, { zarr_url: zarrUrl(folder, 'b') }),
              },
            },
            compute: {
              [zarrUrl(folder, 'a')]: {
                write: { image_list_updates: [update(zarrUrl(folder, 'a'), { types: { x: true } })] },
              },
              [zarrUrl(folder, 'b')]: { exit: 1 },
            },
          },
        ],
        ['a', 'b'],
      );
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TaskExecutionError);
      expect((error as TaskExecutionError).details).toMatchObject({
        failed_units: 1,
        total_units: 2,
        unit_index: 1,
        component: 'compute',
      });
      const result = await readResult(dir);
      expect(result.images.map((image) => image.types)).toEqual([{ x: true }, {}]);
      expect(result.task_runs[0]?.units.map((unit) => unit.status)).toEqual(['failed', 'failed', 'failed']);
    });

    it('leaves the list alone when an init fails', async () => {
      const { dir, handle } = await run(
        () => [{ type: 'compound', output_types: { x: true }, script: { '*': { exit: 2 } } }],
        ['a'],
      );
      await expect(handle.result()).rejects.toBeInstanceOf(TaskExecutionError);
      const result = await readResult(dir);
      expect(result.images.map((image) => image.types)).toEqual([{}]);
      expect(result.task_runs[0]).toMatchObject({ num_tasks: 1, status: 'failed' });
    });

    it('fails a task that no image is left for, with a record of no units', async () => {
      const { dir, handle } = await run(() => [{ type: 'parallel', input_types: { missing: true } }], ['a']);
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(JobExecutionError);
      expect((error as Error).message).toContain('empty image list, no image of the dataset passes');
      expect((error as Error).message).toContain('no image has the type missing; types of the images: none');
      const result = await readResult(dir);
      expect(result.task_runs).toMatchObject([
        { status: 'failed', num_tasks: 0, num_available_images: 0, units: [] },
      ]);
    });

    it('fails a task whose command is not there, as the job’s error', async () => {
      const { handle } = await run(() => [{ type: 'parallel', command: '/no/such/program' }], ['a', 'b']);
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(JobExecutionError);
      expect((error as Error).message).toContain('/no/such/program');
      expect((error as JobExecutionError).details).toMatchObject({ failed_units: 2, total_units: 2 });
    });
  });
};
