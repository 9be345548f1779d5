/** Runs whose units leave outputs that are no outputs, or that cannot be applied, whatever their backend. */
import { describe, expect, it } from 'vitest';
import { JobExecutionError, TaskExecutionError } from '../../../src/client/index.js';
import { update, zarrUrl } from '../../support/scripted-requests.js';
import { beginningOn, type RunHarness } from './harness.js';
import { readResult } from '../../support/read-result.js';

export const describeInvalidOutputs = (harness: () => RunHarness): void => {
  const run = beginningOn(harness);

  describe('a run whose tasks return what is not valid', () => {
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
      const result = await readResult(dir);
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
        const result = await readResult(dir);
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
      const result = await readResult(dir);
      expect(result.images.map((image) => image.types)).toEqual([{}, {}]);
      expect(result.task_runs[0]?.status).toBe('failed');
      expect(result.task_runs[0]?.units.map((unit) => unit.status)).toEqual(['failed', 'failed']);
    });
  });
};
