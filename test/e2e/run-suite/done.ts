/** Runs that are done, whatever their backend. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listOf, update, zarrUrl } from '../../support/scripted-requests.js';
import { beginningOn, type RunHarness } from './harness.js';
import { readResult } from '../../support/read-result.js';

export const describeDone = (harness: () => RunHarness): void => {
  const run = beginningOn(harness);

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
      expect(await readResult(dir)).toEqual(result);
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
};
