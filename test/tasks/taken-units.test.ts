/** Which units a task has that takes over some from an earlier run. */
import { describe, expect, it } from 'vitest';
import { settleRecovery } from '../../src/outcomes/settle-recovery.js';
import { policyOf } from '../../src/outcomes/policy.js';
import type { TakenUnit } from '../../src/state/continued-file.js';
import { computeUnits } from '../../src/tasks/arguments.js';
import {
  cutIntoBatches,
  firstUnits,
  keptUnits,
  takenFinder,
  withTakenImages,
} from '../../src/tasks/taken-units.js';
import type { Image, ProcessWorkflowRequest, TaskType, WorkflowTask } from '../../src/wire/request.js';

const taskOf = (task_type: TaskType): WorkflowTask =>
  ({ task_type, args_non_parallel: { n: 1 }, args_parallel: { p: 1 }, task: { type: task_type } }) as never;

const image = (zarr_url: string): Image => ({ zarr_url, origin: null, attributes: {}, types: {} });
const all = ['/a', '/b', '/c', '/d'].map(image);
const some = (...urls: string[]): Image[] => all.filter(({ zarr_url }) => urls.includes(zarr_url));

const taken = (more: Partial<TakenUnit>): TakenUnit => ({
  ...{ component: 'parallel', index: 0, zarr_url: null, given: null, init_args: null, state: 'done' },
  ...{ output: null, ended_at: null, record: {} as never },
  ...more,
});

const urlsOf = (units: { args: object }[]): unknown[] =>
  units.map(({ args }) => ('zarr_url' in args ? args.zarr_url : (args as { zarr_urls?: unknown }).zarr_urls));

describe('firstUnits', () => {
  const table: [string, TaskType, string[], TakenUnit[], unknown[]][] = [
    ['nothing taken', 'parallel', ['/a', '/c'], [], ['/a', '/c']],
    ['a done one that is chosen', 'parallel', ['/a', '/c'], [taken({ zarr_url: '/c' })], ['/a', '/c']],
    [
      'a done one that no filter chose keeps its place',
      'parallel',
      ['/c'],
      [taken({ zarr_url: '/a' })],
      ['/a', '/c'],
    ],
    [
      'an interrupted one that no filter chose is left out',
      'parallel',
      ['/c'],
      [taken({ zarr_url: '/a', state: 'interrupted' })],
      ['/c'],
    ],
    ['a done one whose image is gone', 'parallel', ['/a'], [taken({ zarr_url: '/x' })], ['/a']],
    [
      'a single part, for the images that it was not given',
      'non_parallel',
      ['/a', '/b', '/c'],
      [taken({ component: 'non_parallel', given: ['/a', '/c'] })],
      [['/a', '/c'], ['/b']],
    ],
    [
      'a single part that was given all',
      'non_parallel',
      ['/a', '/b'],
      [taken({ component: 'non_parallel', given: ['/a', '/b'] })],
      [['/a', '/b']],
    ],
    [
      'an init of which an image is gone runs for all',
      'compound',
      ['/a', '/b'],
      [taken({ component: 'init', given: ['/a', '/x'] })],
      [['/a', '/b']],
    ],
    [
      'a converter',
      'converter_non_parallel',
      [],
      [taken({ component: 'non_parallel', given: [] })],
      [undefined],
    ],
  ];
  it.each(table)('%s', (_, type, chosen, before, expected) => {
    const units = firstUnits(taskOf(type), all, some(...chosen), '/zarr', before);
    expect(urlsOf(units)).toEqual(expected);
    expect(units.map(({ index }) => index)).toEqual(expected.map((_unit, index) => index));
  });
});

describe('takenFinder', () => {
  it('knows a unit by what it works on, not by its arguments', () => {
    const find = takenFinder(
      [taken({ zarr_url: '/a' }), taken({ component: 'init', given: ['/a'] })],
      'parallel',
    );
    expect(find({ args: { zarr_url: '/a', other: 2 } })?.zarr_url).toBe('/a');
    expect(find({ args: { zarr_url: '/b' } })).toBeUndefined();
  });

  it('knows a compute unit by its item, wherever that stands', () => {
    const before = taken({ component: 'compute', index: 1, zarr_url: '/a', init_args: { k: 1 } });
    const find = takenFinder([before], 'compute');
    const units = computeUnits(taskOf('compound'), [
      { zarr_url: '/b', init_args: { k: 1 } },
      { zarr_url: '/a', init_args: { k: 0 } },
      { zarr_url: '/a', init_args: { k: 1 } },
    ]);
    expect(units.map((unit) => find(unit) !== undefined)).toEqual([false, false, true]);
    expect(find({ args: { zarr_url: '/a', init_args: { k: 2 } } })).toBeUndefined();
  });
});

describe('keptUnits', () => {
  it('are done ones, and interrupted ones that may not run again', () => {
    const both = [taken({}), taken({ state: 'interrupted' })];
    const policy = (rerun_interrupted: boolean) =>
      policyOf({ recovery: settleRecovery({}, { rerun_interrupted }, {}) } as ProcessWorkflowRequest, 0);
    expect(keptUnits(both, policy(false))).toEqual(both);
    expect(keptUnits(both, policy(true))).toEqual([both[0]]);
  });
});

describe('withTakenImages', () => {
  it('are the chosen ones and those that a part was given, in their order', () => {
    const init = taken({ component: 'init', given: ['/a', '/x'] });
    expect(withTakenImages(all, some('/c'), [init])).toEqual(some('/a', '/c'));
    expect(withTakenImages(all, some('/c'), [taken({ zarr_url: '/a' })])).toEqual(some('/c'));
  });
});

describe('cutIntoBatches', () => {
  const units = firstUnits(taskOf('parallel'), all, all, '/zarr', []);
  const cut = (takenUrls: string[], perBatch: number): unknown[] =>
    cutIntoBatches(units, ({ zarrUrl }) => takenUrls.includes(zarrUrl ?? ''), perBatch).map(urlsOf);

  it('counts only what runs', () => {
    expect(cut([], 3)).toEqual([['/a', '/b', '/c'], ['/d']]);
    expect(cut(['/a', '/c'], 1)).toEqual([['/a', '/b', '/c'], ['/d']]);
    expect(cut(['/a', '/b', '/c', '/d'], 1)).toEqual([['/a', '/b', '/c', '/d']]);
  });

  it('counts a group as one unit and never cuts it', () => {
    const groups = [undefined, 1, 1, 2, 2, 2, undefined];
    const many = groups.map((group, index) => ({
      ...{ index, component: 'parallel' as const, zarrUrl: `/${index}`, args: { zarr_url: index } },
      ...(group === undefined ? {} : { group }),
    }));
    const grouped = (perBatch: number, done: number[] = []): unknown[] =>
      cutIntoBatches(many, ({ index }) => done.includes(index), perBatch).map(urlsOf);
    expect(grouped(1)).toEqual([[0], [1, 2], [3, 4, 5], [6]]);
    expect(grouped(2)).toEqual([
      [0, 1, 2],
      [3, 4, 5, 6],
    ]);
    expect(grouped(2, [1, 2, 3])).toEqual([[0, 1, 2, 3, 4, 5], [6]]);
  });

  it('leaves a single part in one batch', () => {
    const single = firstUnits(taskOf('non_parallel'), all, all, '/zarr', [
      taken({ component: 'non_parallel', given: ['/a'] }),
    ]);
    expect(cutIntoBatches(single, () => false, 1)).toHaveLength(1);
  });
});
