/** What a run without any fault would have made of its images, had its units come to the same ends. Plain, and without `src`. */
import { basename } from 'node:path';
import type { Image } from '../../../src/wire/request.js';
import type { TaskRunRecord, UnitRecord } from '../../../src/wire/result.js';
import { imagesOf, type Place, type Shape } from './shape.js';

type Part = Pick<UnitRecord, 'zarr_url' | 'cause' | 'exit_code'>;

/** In a compound with a failed unit all count as failed; how each one ended its record says all the same. */
export const hasSucceeded = ({ cause, exit_code: exit }: Pick<UnitRecord, 'cause' | 'exit_code'>): boolean =>
  cause === null && exit === 0;

const urlsOf = (units: readonly Part[]): string[] => units.flatMap(({ zarr_url: url }) => url ?? []);

/** What oracles need of a record, from what the unit itself has said. */
const lostUnit =
  (succeeded: (index: number) => boolean) =>
  ({ zarr_url }: Image, index: number): Part => ({
    zarr_url,
    cause: succeeded(index) ? null : 'interrupted',
    exit_code: succeeded(index) ? 0 : null,
  });

interface Expected {
  images: Image[];
  /** What is wrong with the choice of units. */
  problems: string[];
}

/**
 * @param taskRuns records of the result, in their order.
 * @param witnessed whether the unit has said that it came to success, for records that the disk lost.
 */
export const expectedImages = (
  shape: Shape,
  place: Place,
  taskRuns: readonly TaskRunRecord[],
  witnessed: (order: number, index: number) => boolean,
): Expected => {
  let images = imagesOf(shape, place);
  const problems: string[] = [];
  const carried: string[] = [];
  for (const { workflow_task_order: order, units, num_tasks: count } of taskRuns) {
    // Images of failed units lack the type of their task, so that nothing else leaves them out.
    const chosen = images.filter(({ types }) => carried.every((type) => types[type] === true));
    const recorded = units.filter(({ component }) => component === 'parallel' || component === 'compute');
    const isLost = units.length === 0 && count > 0;
    const parts = isLost ? chosen.map(lostUnit((index) => witnessed(order, index))) : recorded;
    const wanted = chosen.map(({ zarr_url: url }) => url).join();
    // A batch whose own files the disk lost has records without names.
    const isNamed = parts.length > 0 && parts.every(({ zarr_url: url }) => url !== null);
    if (isNamed && urlsOf(parts).join() !== wanted)
      problems.push(`task ${order} was to run for ${wanted}, and ran for ${urlsOf(parts).join()}`);
    const good = new Set(urlsOf(parts.filter(hasSucceeded)));
    const type = ['marked', 'split', 'counted'][order] ?? '';
    if (order === 1)
      images = [
        ...images,
        ...images.flatMap(({ zarr_url: url, attributes, types }) =>
          good.has(url)
            ? [
                {
                  ...{ zarr_url: `${url}_b`, origin: url },
                  attributes: { ...attributes, b: basename(url) },
                  types: { ...types, [type]: true },
                },
              ]
            : [],
        ),
      ];
    else
      images = images.map((image) => {
        if (!good.has(image.zarr_url)) return image;
        const seen: Image['attributes'] = order === 0 ? { a: basename(image.zarr_url) } : {};
        return {
          ...image,
          attributes: { ...image.attributes, ...seen },
          types: { ...image.types, [type]: true },
        };
      });
    carried.push(type);
  }
  return { images, problems };
};
