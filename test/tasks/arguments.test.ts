import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  computeUnits,
  dedupeParallelizationList,
  DuplicateZarrUrl,
  firstStageUnits,
} from '../../src/tasks/arguments.js';
import { mergedMeta } from '../../src/tasks/meta.js';
import type { TaskType, WorkflowTask } from '../../src/wire/request.js';
import type { ParallelizationItem } from '../../src/wire/task-output.js';
import { validateRequest } from '../../src/validation/validate-request.js';
import { image } from '../support/images.js';
import { rawRequest, rawTaskOfType, rawWorkflow, rawWorkflowTask } from '../support/raw-requests.js';

const wftask = (type: TaskType, rest: Partial<WorkflowTask> = {}): WorkflowTask => {
  const given = rawRequest({ workflow: rawWorkflow([rawWorkflowTask(0, {}, rawTaskOfType(type))]) });
  const task = validateRequest(given).request?.workflow.task_list[0];
  if (task === undefined) throw new Error('the test request is wrong');
  return { ...task, args_non_parallel: { n: 1 }, args_parallel: { p: [2] }, ...rest };
};

const images = [image('/z/b'), image('/z/a')];
const single = { index: 0, zarrUrl: null };

describe('firstStageUnits', () => {
  it.each([
    ['non_parallel', 'non_parallel', { zarr_dir: '/z', n: 1, zarr_urls: ['/z/b', '/z/a'] }],
    ['compound', 'init', { zarr_dir: '/z', n: 1, zarr_urls: ['/z/b', '/z/a'] }],
    ['converter_non_parallel', 'non_parallel', { zarr_dir: '/z', n: 1 }],
    ['converter_compound', 'init', { zarr_dir: '/z', n: 1 }],
  ] satisfies [TaskType, string, object][])('%s starts with one unit', (type, component, args) => {
    expect(firstStageUnits(wftask(type), images, '/z')).toEqual([{ ...single, component, args }]);
  });

  it('starts a parallel task with a unit per image, in the order of the images', () => {
    expect(firstStageUnits(wftask('parallel'), images, '/z')).toEqual([
      { index: 0, component: 'parallel', zarrUrl: '/z/b', args: { zarr_url: '/z/b', p: [2] } },
      { index: 1, component: 'parallel', zarrUrl: '/z/a', args: { zarr_url: '/z/a', p: [2] } },
    ]);
    expect(firstStageUnits(wftask('parallel'), [], '/z')).toEqual([]);
  });

  it('lets zarr_urls win over everything, and user arguments over zarr_dir and zarr_url', () => {
    const odd = wftask('non_parallel', { args_non_parallel: { zarr_dir: '/u', zarr_urls: 0 } });
    expect(firstStageUnits(odd, [], '/z')[0]?.args).toEqual({ zarr_dir: '/u', zarr_urls: [] });
    const oddParallel = wftask('parallel', { args_parallel: { zarr_url: '/u' } });
    expect(firstStageUnits(oddParallel, images, '/z')[0]?.args).toEqual({ zarr_url: '/u' });
  });

  it('refuses a parallel task twice on one image', () => {
    expect(() => firstStageUnits(wftask('parallel'), [image('/z/a'), image('/z/a')], '/z')).toThrow(
      DuplicateZarrUrl,
    );
  });
});

describe('computeUnits', () => {
  it('gives each item its unit, one url may come twice', () => {
    const list: ParallelizationItem[] = [
      { zarr_url: '/z/a', init_args: { c: 1 } },
      { zarr_url: '/z/a', init_args: {} },
    ];
    expect(computeUnits(wftask('compound'), list)).toEqual([
      {
        index: 0,
        component: 'compute',
        zarrUrl: '/z/a',
        args: { zarr_url: '/z/a', init_args: { c: 1 }, p: [2] },
      },
      { index: 1, component: 'compute', zarrUrl: '/z/a', args: { zarr_url: '/z/a', init_args: {}, p: [2] } },
    ]);
  });
});

describe('dedupeParallelizationList', () => {
  it('compares whole items, as Python does, and keeps the first', () => {
    const list = [
      { zarr_url: '/z/a', init_args: { c: 1, d: { e: [0] } } },
      { zarr_url: '/z/b', init_args: { c: 1, d: { e: [0] } } },
      { zarr_url: '/z/a', init_args: { d: { e: [false] }, c: true } },
      { zarr_url: '/z/a', init_args: { c: '1', d: { e: [0] } } },
    ];
    expect(dedupeParallelizationList(list)).toEqual([list[0], list[1], list[3]]);
  });

  it('leaves one of each, in order of first appearance', () => {
    const item = fc.record({
      zarr_url: fc.constantFrom('/a', '/b'),
      init_args: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom(0, 1, '1', null)),
    });
    const sameItem = (left: unknown, right: unknown): boolean => {
      try {
        expect(left).toEqual(right);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(fc.array(item), (list) => {
        const expected = list.filter(
          (one, index) => list.findIndex((other) => sameItem(one, other)) === index,
        );
        expect(dedupeParallelizationList(list)).toEqual(expected);
      }),
    );
  });
});

describe('mergedMeta', () => {
  it("puts the workflow-task's meta over its task's, key by key", () => {
    const base = wftask('compound');
    const task = {
      ...base,
      meta_non_parallel: { mem: 2 },
      meta_parallel: { mem: 4, gpus: null },
      task: {
        ...base.task,
        meta_non_parallel: { mem: 1, time: '1:00' },
        meta_parallel: { cpus_per_task: 3, gpus: 1 },
      },
    };
    expect(mergedMeta(task, 'init')).toEqual({ mem: 2, time: '1:00' });
    expect(mergedMeta(task, 'non_parallel')).toEqual({ mem: 2, time: '1:00' });
    expect(mergedMeta(task, 'compute')).toEqual({ mem: 4, cpus_per_task: 3, gpus: null });
    expect(mergedMeta(task, 'parallel')).toEqual({ mem: 4, cpus_per_task: 3, gpus: null });
  });
});
