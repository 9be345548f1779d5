/** Which units must not meet. */
import { describe, expect, it } from 'vitest';
import { LayoutError } from '../../src/batch/errors.js';
import type { UnitArguments } from '../../src/tasks/arguments.js';
import { countGroups, exclusiveAttributes, inGroups, withGroups } from '../../src/tasks/exclusive.js';
import type { AttributeValue, Image, JsonObject, JsonValue, WorkflowTask } from '../../src/wire/request.js';

const image = (zarr_url: string, attributes: Record<string, AttributeValue>): Image => ({
  ...{ zarr_url, origin: null, attributes, types: {} },
});
const unit = (zarrUrl: string, index: number): UnitArguments => ({
  ...{ index, component: 'parallel', zarrUrl, args: { zarr_url: zarrUrl } },
});

const images = [
  image('/p/A/1/0', { plate: 'p', well: 'A1' }),
  image('/p/A/2/0', { plate: 'p', well: 'A2' }),
  image('/p/A/1/1', { plate: 'p', well: 'A1' }),
  image('/q/A/1/0', { plate: 'q', well: 'A1' }),
  image('/x', {}),
  image('/y', { plate: 'p' }),
  image('/z', {}),
];
const units = images.map(({ zarr_url: url }, index) => unit(url, index));

const grouped = (attributes: string[], of = units): unknown[] =>
  inGroups(withGroups(of, images, attributes)).map((group) => group.map(({ zarrUrl }) => zarrUrl));

describe('withGroups', () => {
  it.each<[string[], unknown[]]>([
    [[], units.map(({ zarrUrl }) => [zarrUrl])],
    [
      ['plate', 'well'],
      [['/p/A/1/0', '/p/A/1/1'], ['/p/A/2/0'], ['/q/A/1/0'], ['/x', '/z'], ['/y']],
    ],
    [['well'], [['/p/A/1/0', '/p/A/1/1', '/q/A/1/0'], ['/p/A/2/0'], ['/x', '/y', '/z']]],
    [['nobody has it'], [units.map(({ zarrUrl }) => zarrUrl)]],
  ])('%j', (attributes, expected) => {
    expect(grouped(attributes)).toEqual(expected);
  });

  it('numbers units anew, and gives those that may meet all others no group', () => {
    const all = withGroups(units, images, ['plate', 'well']);
    expect(all.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(all.map(({ group }) => group)).toEqual([0, 0, undefined, undefined, 3, 3, undefined]);
    expect(countGroups(all)).toBe(5);
  });

  it('takes units of one image, and of images that the dataset does not have, for such that must not meet', () => {
    const made = ['/p/A/1/0', '/new/1', '/p/A/1/0', '/new/2'].map(unit);
    expect(grouped(['plate', 'well'], made)).toEqual([
      ['/p/A/1/0', '/p/A/1/0'],
      ['/new/1', '/new/2'],
    ]);
  });

  it('tells values apart as filters do', () => {
    const two = [image('/1', { n: 1 }), image('/2', { n: '1' }), image('/3', { n: 1.0 })];
    const of = two.map(({ zarr_url: url }, index) => unit(url, index));
    expect(inGroups(withGroups(of, two, ['n'])).map((group) => group.length)).toEqual([2, 1]);
  });
});

describe('exclusiveAttributes', () => {
  const task = (meta: JsonObject, own: JsonObject = {}): WorkflowTask =>
    ({ meta_parallel: meta, meta_non_parallel: meta, task: { meta_parallel: own } }) as never;

  it.each<[string, string[] | undefined, JsonObject, JsonObject, string[]]>([
    ['nobody says anything', undefined, {}, {}, []],
    ['the request', ['well'], {}, {}, ['well']],
    ['the task', undefined, {}, { exclusive: ['well'] }, ['well']],
    [
      'the workflow-task over the task',
      undefined,
      { exclusive: ['plate'] },
      { exclusive: ['well'] },
      ['plate'],
    ],
    ['an empty list over the request', ['well'], { exclusive: [] }, {}, []],
    ['null says nothing', ['well'], { exclusive: null }, {}, ['well']],
    ['names are stripped, once each', undefined, { exclusive: [' well', 'well '] }, {}, ['well']],
  ])('%s', (_, exclusive, meta, own, expected) => {
    const request = exclusive === undefined ? {} : { exclusive };
    expect(exclusiveAttributes(request, task(meta, own), 'compute')).toEqual(expected);
  });

  it('has no meaning for a part that runs once', () => {
    expect(exclusiveAttributes({ exclusive: ['well'] }, task({}), 'init')).toEqual([]);
  });

  it.each<JsonValue>(['well', [1], [''], { well: true }, true])('refuses %j', (exclusive) => {
    expect(() => exclusiveAttributes({}, task({ exclusive }), 'parallel')).toThrow(LayoutError);
  });
});
