import { describe, expect, it } from 'vitest';
import { applyOutput } from '../../src/images/apply.js';
import { asUpdates, effectiveOutput, type EndedUnit } from '../../src/images/empty-output.js';
import type { TaskType } from '../../src/wire/request.js';
import { image, noOutput, output, update } from '../support/images.js';

const images = [image('/z/a'), image('/z/b')];
const single = (succeeded: boolean): EndedUnit => ({ zarrUrl: null, succeeded });
const unit = (zarrUrl: string, succeeded: boolean): EndedUnit => ({ zarrUrl, succeeded });

const updated = (taskType: TaskType, units: EndedUnit[], merged = noOutput): string[] =>
  effectiveOutput({ taskType, merged, images, units }).image_list_updates.map((item) => item.zarr_url);

describe('effectiveOutput', () => {
  it.each([
    ['non_parallel', [single(true)], ['/z/a', '/z/b']],
    ['non_parallel', [single(false)], []],
    ['parallel', [unit('/z/a', true), unit('/z/b', true)], ['/z/a', '/z/b']],
    ['parallel', [unit('/z/a', false), unit('/z/b', true)], ['/z/b']],
    ['parallel', [unit('/z/a', false), unit('/z/b', false)], []],
    ['parallel', [], []],
    ['compound', [single(true), unit('/z/a', true)], ['/z/a', '/z/b']],
    ['compound', [single(true)], ['/z/a', '/z/b']],
    ['compound', [single(true), unit('/z/a', true), unit('/z/b', false)], []],
    ['compound', [single(false)], []],
    ['compound', [], []],
  ] satisfies [TaskType, EndedUnit[], string[]][])(
    '%s, units %j: %j updated',
    (taskType, units, expected) => {
      expect(updated(taskType, units)).toEqual(expected);
    },
  );

  it('takes what the units say as it is, whatever failed', () => {
    const said = output([update('/z/c')]);
    expect(
      effectiveOutput({
        taskType: 'compound',
        merged: said,
        images,
        units: [single(true), unit('/z/b', false)],
      }),
    ).toBe(said);
    expect(updated('parallel', [unit('/z/a', true)], output([], ['/z/b']))).toEqual([]);
  });

  it('flags nothing for a converter, which is given no images', () => {
    const converted = effectiveOutput({
      taskType: 'converter_compound',
      merged: noOutput,
      images: [],
      units: [single(true)],
    });
    expect(converted).toEqual(noOutput);
  });
});

describe('asUpdates', () => {
  it('changes nothing but the types that the task gives', () => {
    const given = [image('/z/a', { origin: '/o', attributes: { k: 1 }, types: { t: true } })];
    const { images: after } = applyOutput({
      images: given,
      output: asUpdates(given),
      zarrDir: '/z',
      outputTypes: { u: true },
    });
    expect(after).toEqual([{ ...given[0], types: { t: true, u: true } }]);
  });
});
