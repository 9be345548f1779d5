import { describe, expect, it } from 'vitest';
import { slipsIn } from '../../src/validation/slips.js';
import { makeRequest } from '../support/scripted-requests.js';

const withTask = (change: object, inner: object = {}): object => {
  const request = makeRequest({ dir: '/data', tasks: [{ type: 'parallel' }], images: ['a', 'b'] });
  const [first] = request.workflow.task_list as unknown as Record<string, unknown>[];
  const task = { ...(first?.['task'] as object), ...inner };
  return { ...request, workflow: { ...request.workflow, task_list: [{ ...first, task, ...change }] } };
};

describe('slipsIn', () => {
  it.each([
    [{ args_parralel: {} }, '/workflow/task_list/0/args_parralel', null],
    [
      { meta_parallel: { cpus_per_tsk: 2 } },
      '/workflow/task_list/0/meta_parallel/cpus_per_tsk',
      'cpus_per_task',
    ],
    [{ meta_parallel: { memory: '2G' } }, '/workflow/task_list/0/meta_parallel/memory', 'mem'],
    [{ typ_filters: {} }, '/workflow/task_list/0/typ_filters', null],
  ])('tells where, and what was meant: %j', (change, path, meant) => {
    const told = slipsIn(withTask(change));
    // The right name is there as well: then nobody can tell what was meant.
    if (meant === null) expect(told).toEqual([]);
    else expect(told).toEqual([`${path} is ignored: did you mean "${meant}"?`]);
  });

  it('a misspelt key in the place of the right one', () => {
    const { args_parallel: args, ...rest } = (
      withTask({}) as { workflow: { task_list: Record<string, unknown>[] } }
    ).workflow.task_list[0] as Record<string, unknown>;
    const request = { workflow: { task_list: [{ ...rest, args_parralel: args }] } };
    expect(slipsIn(request)).toEqual([
      '/workflow/task_list/0/args_parralel is ignored: did you mean "args_parallel"?',
    ]);
  });

  it('says nothing of what Fractal has besides, of other keys, and of what is no request', () => {
    const fractals = {
      ...{ workflow_id: 3, task_id: 4, alias: null, description: null, is_legacy_task: false },
      meta_parallel: { partition: 'gpu', account: 'x', some_site_key: 1 },
    };
    const task = { version: '1', source: 's', args_schema_parallel: {}, taskgroupv2_id: 1, input_type: null };
    expect(slipsIn(withTask(fractals, task))).toEqual([]);
    for (const value of [null, 3, [], {}, { workflow: { task_list: 3 } }, { dataset: { images: [null, 3] } }])
      expect(slipsIn(value)).toEqual([]);
  });

  it('tells the same slip of many images once, and of many slips how many more there are', () => {
    const images = Array.from({ length: 1_000 }, (_, index) => ({ zarr_url: `/z/${index}`, atributes: {} }));
    expect(slipsIn({ dataset: { images } })).toEqual([
      '/dataset/images/0/atributes is ignored: did you mean "attributes"?',
    ]);
    const task_list = Array.from({ length: 20 }, () => ({ args_parralel: {} }));
    const told = slipsIn({ workflow: { task_list } });
    expect(told).toHaveLength(9);
    expect(told.at(-1)).toBe('and 12 more keys that look misspelt');
  });
});
