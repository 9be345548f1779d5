/** Units that must not meet: of those whose images agree in some attributes one runs at a time (docs/request.md). Pure. */
import { LayoutError } from '../batch/errors.js';
import { equalityKey } from '../wire/canonical-json.js';
import type { Image, JsonValue, ProcessWorkflowRequest, WorkflowTask } from '../wire/request.js';
import type { Component } from '../wire/result.js';
import type { UnitArguments } from './arguments.js';
import { mergedMeta } from './meta.js';
import { usesNonParallelPart } from './task-types.js';

const isList = (value: JsonValue): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && name.trim() !== '');

/**
 * The attributes that units must not agree in while they run: the task's meta wins over the request's; none for a single or
 * init part.
 *
 * @throws LayoutError when the meta's `exclusive` is not a list of names.
 */
export const exclusiveAttributes = (
  request: Pick<ProcessWorkflowRequest, 'exclusive'>,
  task: WorkflowTask,
  component: Component,
): string[] => {
  const own = mergedMeta(task, component)['exclusive'] ?? null;
  if (own !== null && !isList(own)) {
    throw new LayoutError(
      `exclusive: expected a list of names of attributes, got ${JSON.stringify(own).slice(0, 200)}`,
    );
  }
  if (usesNonParallelPart(component)) return [];
  return [...new Set((own ?? request.exclusive ?? []).map((name) => name.trim()))];
};

/** One that is missing agrees with one that is missing: nobody knows that the two are apart. */
const keyFinder = (images: readonly Image[], attributes: readonly string[]): ((url: string) => string) => {
  const keys = new Map(
    images.map(({ zarr_url: url, attributes: own }) => [
      url,
      equalityKey(attributes.map((name) => own[name] ?? null)),
    ]),
  );
  const unknown = equalityKey(attributes.map(() => null));
  return (url) => keys.get(url) ?? unknown;
};

/**
 * Brings units that must not meet together at the place of the first of them and numbers units and groups; one that may
 * meet all others has no group. Linear.
 *
 * @param images of the dataset; a unit whose image is not among them has none of the attributes.
 */
export const withGroups = (
  units: readonly UnitArguments[],
  images: readonly Image[],
  attributes: readonly string[],
): UnitArguments[] => {
  if (attributes.length === 0) return [...units];
  const keyOf = keyFinder(images, attributes);
  const groups = new Map<string, UnitArguments[]>();
  for (const unit of units) {
    const key = keyOf(unit.zarrUrl ?? '');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [unit]);
    else group.push(unit);
  }
  let index = 0;
  return [...groups.values()].flatMap((group, number) =>
    group.map((unit) => ({ ...unit, index: index++, ...(group.length > 1 ? { group: number } : {}) })),
  );
};

/** Units that run one after the other, in their order: a group, or a unit on its own. */
export const inGroups = <T extends { group?: number }>(units: readonly T[]): T[][] => {
  const groups: T[][] = [];
  let current: number | undefined;
  for (const unit of units) {
    const last = groups.at(-1);
    if (unit.group !== undefined && unit.group === current && last !== undefined) last.push(unit);
    else groups.push([unit]);
    current = unit.group;
  }
  return groups;
};

/** At most as many of them can run at once; a layout counts a group as one unit. */
export const countGroups = (units: readonly { group?: number }[]): number => inGroups(units).length;
