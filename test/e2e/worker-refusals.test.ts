/** What the worker of a run cannot lay out, and runs that another backend's worker is asked for. */
import { describe, expect, it } from 'vitest';
import { InvalidRequestError, JobExecutionError } from '../../src/client/index.js';
import { LayoutError } from '../../src/batch/errors.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { start, thrownBy, withHarness } from '../support/disturbed-runs.js';
import { listOf, zarrUrl } from '../support/scripted-requests.js';
import { readResult } from '../support/read-result.js';

describe('a compound whose compute part cannot be laid out', () => {
  const harness = withHarness({
    backend: (stateDir, queue) => {
      const backend = createLocalBackend({ stateDir, queue, maxUnits: 2 });
      return {
        ...backend,
        layout: (input) => {
          if (input.units > 2) throw new LayoutError('at most two units');
          return backend.layout(input);
        },
      };
    },
  });

  it('leaves the image list and the type filters as they were', async () => {
    const { dir, handle } = await start(
      harness(),
      (folder) => [
        {
          type: 'compound',
          output_types: { x: true },
          script: {
            '*': { write: listOf(...['a', 'b', 'c'].map((name) => ({ zarr_url: zarrUrl(folder, name) }))) },
          },
        },
      ],
      ['a', 'b', 'c'],
    );
    expect(await thrownBy(handle.result())).toBeInstanceOf(JobExecutionError);
    const result = await readResult(dir);
    expect(result.images.map(({ types }) => types)).toEqual([{}, {}, {}]);
    expect(result.type_filters).toEqual({});
    expect(result.task_runs[0]?.units.map(({ component, status }) => [component, status])).toEqual([
      ['init', 'failed'],
    ]);
  });
});

describe('a worker of the local backend', () => {
  const harness = withHarness({ maxUnits: 1 });

  it('a queue of another backend’s worker is refused, with both names', async () => {
    const { handle } = await start(harness(), () => [{ type: 'parallel' }], ['a'], { backend: 'slurm' });
    const error = await thrownBy(handle.result());
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect((error as InvalidRequestError).errors).toEqual([
      {
        path: '/activity_task_queue',
        expected: 'a queue that a worker of backend "slurm" serves',
        got: expect.stringContaining('a worker of backend "local" serves') as string,
      },
    ]);
  });
});
