import { describe, expect, it } from 'vitest';
import { validateRequest } from '../../src/validation/validate-request.js';
import type { ProcessWorkflowInput } from '../../src/client/index.js';

const task = { name: 'Only', type: 'parallel', command_parallel: 'true' } as const;

// What is expected not to compile is checked by `npm run typecheck`: an unused directive is an error there.
describe('the type of a request', () => {
  it('takes what the schema takes, and nothing more is needed', () => {
    const request: ProcessWorkflowInput = {
      $schema: './schemas/request.schema.json',
      workflow: { name: 'w', task_list: [{ order: 0, task_type: 'parallel', task }] },
      dataset: { zarr_dir: '/z', images: [{ zarr_url: '/z/a', attributes: { well: 'A01' } }] },
      workflow_dir_local: '/run',
      job_attribute_filters: { well: ['A01'] },
    };
    expect(validateRequest(request).errors).toEqual([]);
  });

  it('what is misspelt does not compile', () => {
    const wrong: ProcessWorkflowInput[] = [
      {
        workflow: {
          name: 'w',
          // @ts-expect-error -- no such type of task
          task_list: [{ order: 0, task_type: 'paralel', task }],
        },
        dataset: { zarr_dir: '/z', images: [] },
        workflow_dir_local: '/run',
      },
      {
        workflow: {
          name: 'w',
          // @ts-expect-error -- no such field
          task_list: [{ order: 0, task_type: 'parallel', args_parralel: {}, task }],
        },
        dataset: { zarr_dir: '/z', images: [] },
        workflow_dir_local: '/run',
      },
      {
        workflow: { name: 'w', task_list: [{ order: 0, task_type: 'parallel', task }] },
        dataset: { zarr_dir: '/z', images: [] },
        workflow_dir_local: '/run',
        // @ts-expect-error -- one value is a list, too
        job_attribute_filters: { well: 'A01' },
      },
    ];
    expect(wrong.map((request) => validateRequest(request).request)).toEqual([null, expect.anything(), null]);
  });
});
