/** Whole runs on a real server: what a caller gets for each way a workflow can go. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JobExecutionError, TaskExecutionError } from '../../src/client/index.js';
import type { RunResult } from '../../src/wire/result.js';
import type { Harness } from '../support/harness.js';
import { listOf, makeRequest, update, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';

/** What a test needs of the workers that run its requests, whatever their backend. */
export type RunHarness = Pick<Harness, 'folder' | 'start'>;

/** The suite that every backend passes, through the whole of workflow, activities and executor. */
export const describeRuns = (title: string, harness: () => RunHarness): void => {
  const run = async (tasks: (dir: string) => TaskSpec[], images: string[] = [], extra = {}) => {
    const dir = await harness().folder();
    const handle = await harness().start(makeRequest({ dir, tasks: tasks(dir), images, extra }));
    return { dir, handle };
  };

  const readResultFile = async (dir: string): Promise<RunResult> =>
    JSON.parse(await readFile(join(dir, 'run', 'result.json'), 'utf8')) as RunResult;

  describe(title, () => {
    describe('a run that is done', () => {
      it('goes through all five task types', async () => {
        const { dir, handle } = await run((folder) => [
          {
            type: 'converter_compound',
            script: {
              '*': { write: listOf({ zarr_url: zarrUrl(folder, 'a') }, { zarr_url: zarrUrl(folder, 'b') }) },
            },
            compute: {
              [zarrUrl(folder, 'a')]: {
                write: {
                  image_list_updates: [update(zarrUrl(folder, 'a'), { attributes: { well: 'A01' } })],
                },
              },
              [zarrUrl(folder, 'b')]: {
                write: {
                  image_list_updates: [update(zarrUrl(folder, 'b'), { attributes: { well: 'B01' } })],
                },
              },
            },
            output_types: { is_3D: true },
          },
          { type: 'parallel', output_types: { corrected: true } },
          {
            type: 'compound',
            input_types: { corrected: true },
            script: { '*': { write: listOf({ zarr_url: zarrUrl(folder, 'a'), init_args: { k: 1 } }) } },
            compute: {
              '*': {
                write: {
                  image_list_updates: [update(zarrUrl(folder, 'mip'), { origin: zarrUrl(folder, 'a') })],
                },
              },
            },
            output_types: { is_3D: false },
          },
          { type: 'non_parallel', script: { '*': { log: 'hello' } } },
          {
            type: 'converter_non_parallel',
            script: { '*': { write: { image_list_updates: [update(zarrUrl(folder, 'late'))] } } },
          },
        ]);
        const result = await handle.result();
        expect(result.status).toBe('done');
        expect(result.error).toBeNull();
        expect(result.images).toEqual([
          {
            zarr_url: zarrUrl(dir, 'a'),
            origin: null,
            attributes: { well: 'A01' },
            types: { is_3D: true, corrected: true },
          },
          {
            zarr_url: zarrUrl(dir, 'b'),
            origin: null,
            attributes: { well: 'B01' },
            types: { is_3D: true, corrected: true },
          },
          {
            zarr_url: zarrUrl(dir, 'mip'),
            origin: zarrUrl(dir, 'a'),
            attributes: { well: 'A01' },
            types: { is_3D: false, corrected: true },
          },
          { zarr_url: zarrUrl(dir, 'late'), origin: null, attributes: {}, types: {} },
        ]);
        expect(result.type_filters).toEqual({ is_3D: false, corrected: true });
        expect(
          result.task_runs.map((task) => [task.status, task.num_tasks, task.num_available_images]),
        ).toEqual([
          ['done', 3, 0],
          ['done', 2, 2],
          ['done', 2, 2],
          ['done', 1, 1],
          ['done', 1, 0],
        ]);
        expect(result.task_runs.map((task) => task.num_new_images)).toEqual([2, 0, 1, 0, 1]);
        expect(await readResultFile(dir)).toEqual(result);
        expect(await readFile(join(dir, 'run', '3_task_3', 'non_par--log.txt'), 'utf8')).toBe('hello\n');
      });

      it('runs an item that an init names several times once', async () => {
        const { dir, handle } = await run(
          (folder) => [
            {
              type: 'compound',
              runs_file: join(folder, 'runs'),
              script: {
                '*': {
                  write: listOf(
                    { zarr_url: zarrUrl(folder, 'a'), init_args: { k: 1 } },
                    { zarr_url: zarrUrl(folder, 'a'), init_args: { k: 1.0 } },
                    { zarr_url: zarrUrl(folder, 'a'), init_args: { k: 2 } },
                    { zarr_url: zarrUrl(folder, 'a'), init_args: { k: 1 } },
                  ),
                },
              },
            },
          ],
          ['a'],
        );
        const result = await handle.result();
        expect(result.task_runs[0]?.units.map(({ component }) => component)).toEqual([
          ...['init', 'compute', 'compute'],
        ]);
        const runs = (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n');
        expect(runs.filter((key) => key !== '*')).toHaveLength(2);
      });

      it('runs only the range', async () => {
        const { handle } = await run(
          () => [
            { type: 'parallel', script: { '*': { exit: 1 } } },
            { type: 'parallel', output_types: { seen: true } },
            { type: 'parallel', script: { '*': { exit: 1 } } },
          ],
          ['a'],
          { first_task_index: 1, last_task_index: 1 },
        );
        const result = await handle.result();
        expect(result.task_runs).toHaveLength(1);
        expect(result.images[0]?.types).toEqual({ seen: true });
      });
    });

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
        const result = await readResultFile(dir);
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
        const result = await readResultFile(dir);
        expect(result.images.map((image) => image.types)).toEqual([{ x: true }, {}]);
        expect(result.task_runs[0]?.units.map((unit) => unit.status)).toEqual(['failed', 'failed', 'failed']);
      });

      it('leaves the list alone when an init fails', async () => {
        const { dir, handle } = await run(
          () => [{ type: 'compound', output_types: { x: true }, script: { '*': { exit: 2 } } }],
          ['a'],
        );
        await expect(handle.result()).rejects.toBeInstanceOf(TaskExecutionError);
        const result = await readResultFile(dir);
        expect(result.images.map((image) => image.types)).toEqual([{}]);
        expect(result.task_runs[0]).toMatchObject({ num_tasks: 1, status: 'failed' });
      });

      it.each([
        ['not JSON', 'no json'],
        ['NaN', '{"image_list_updates": [{"zarr_url": "/z", "attributes": {"x": NaN}}]}'],
        ['a list', '[]'],
        ['an unknown key', '{"image_list": []}'],
        ['a wrong type', '{"image_list_updates": 3}'],
      ])('takes an output that is %s as the error of that unit alone', async (_, raw) => {
        const { dir, handle } = await run(
          (folder) => [
            { type: 'parallel', output_types: { x: true }, script: { [zarrUrl(folder, 'a')]: { raw } } },
          ],
          ['a', 'b'],
        );
        await expect(handle.result()).rejects.toBeInstanceOf(TaskExecutionError);
        const result = await readResultFile(dir);
        expect(result.images.map((image) => image.types)).toEqual([{}, { x: true }]);
        expect(result.task_runs[0]?.units.map((unit) => unit.cause)).toEqual(['invalid_output', null]);
      });

      it.each(['folder', 'pipe', 'not UTF-8'] as const)(
        'takes a %s in place of an output as the error of that unit alone',
        async (left) => {
          const { dir, handle } = await run(
            (folder) => [
              { type: 'parallel', output_types: { x: true }, script: { [zarrUrl(folder, 'a')]: { left } } },
            ],
            ['a', 'b'],
          );
          const error = await handle.result().catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(TaskExecutionError);
          expect((error as Error).message).toContain('par-000000-0000000-metadiff.json: it is');
          const result = await readResultFile(dir);
          expect(result.images.map((image) => image.types)).toEqual([{}, { x: true }]);
          expect(result.task_runs[0]?.units.map((unit) => unit.cause)).toEqual(['invalid_output', null]);
        },
      );

      it('keeps nothing of an output that cannot be applied', async () => {
        const { dir, handle } = await run(
          (folder) => [
            {
              type: 'parallel',
              script: {
                [zarrUrl(folder, 'a')]: {
                  write: {
                    image_list_updates: [
                      update(zarrUrl(folder, 'a'), { types: { x: true } }),
                      update('/elsewhere/new'),
                    ],
                  },
                },
              },
            },
          ],
          ['a', 'b'],
        );
        const error = await handle.result().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(JobExecutionError);
        expect((error as Error).message).toContain('/elsewhere/new');
        const result = await readResultFile(dir);
        expect(result.images.map((image) => image.types)).toEqual([{}, {}]);
        expect(result.task_runs[0]?.status).toBe('failed');
        expect(result.task_runs[0]?.units.map((unit) => unit.status)).toEqual(['failed', 'failed']);
      });

      it('fails a task that no image is left for, with a record of no units', async () => {
        const { dir, handle } = await run(
          () => [{ type: 'parallel', input_types: { missing: true } }],
          ['a'],
        );
        const error = await handle.result().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(JobExecutionError);
        expect((error as Error).message).toContain('empty image list');
        const result = await readResultFile(dir);
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
  });
};
