/** The units of a task that takes over some from an earlier run (docs/continuing.md). Pure. */
import type { Policy } from '../outcomes/policy.js';
import type { TakenUnit } from '../state/continued-file.js';
import { equalityKey } from '../wire/canonical-json.js';
import type { Image, JsonObject, WorkflowTask } from '../wire/request.js';
import { firstStageUnits, type UnitArguments } from './arguments.js';
import { inGroups } from './exclusive.js';
import { taskTypeTraits } from './task-types.js';

/** What its record does not tell apart (a lost node, a killed script) needs the word for all interruptions. */
const mayRunAgain = ({ record }: TakenUnit, { rules }: Policy): boolean =>
  rules.rerun_interrupted ||
  (record.cause === 'out_of_memory' && rules.memory.tries > 0) ||
  (record.cause === 'timeout' && rules.time.tries > 0);

/** Those that are not run: done, or interrupted and nobody has allowed that they run again. */
export const keptUnits = (taken: readonly TakenUnit[], policy: Policy): TakenUnit[] =>
  taken.filter((unit) => unit.state === 'done' || !mayRunAgain(unit, policy));

/** Which of them a unit is, if any; a unit is known again by what it works on, never by its arguments. */
export type FindTaken = (unit: { args: JsonObject }) => TakenUnit | undefined;

export const takenFinder = (taken: readonly TakenUnit[], component: TakenUnit['component']): FindTaken => {
  const mine = taken.filter((unit) => unit.component === component);
  if (component === 'parallel') {
    const byUrl = new Map(mine.map((unit) => [unit.zarr_url, unit]));
    return ({ args }) => byUrl.get(args['zarr_url'] as string);
  }
  if (component === 'compute') {
    // No two of a list are the same; their places need not be those of the earlier run.
    const byWork = new Map(mine.map((unit) => [equalityKey([unit.zarr_url, unit.init_args]), unit]));
    return ({ args }) => byWork.get(equalityKey([args['zarr_url'], args['init_args']]));
  }
  const byImages = new Map(mine.map((unit) => [equalityKey(unit.given), unit]));
  return ({ args }) => byImages.get(equalityKey(args['zarr_urls'] ?? []));
};

/** The single or init part: once for each set of images that it was given before, once for those that it never was. */
const singleUnits = (
  task: WorkflowTask,
  all: readonly Image[],
  selected: readonly Image[],
  zarrDir: string,
  taken: readonly TakenUnit[],
): UnitArguments[] => {
  const { firstStage, isConverter } = taskTypeTraits[task.task_type];
  const there = new Set(all.map((image) => image.zarr_url));
  const before = taken
    .filter(({ component }) => component === firstStage)
    .map(({ given }) => given ?? [])
    .filter((given) => given.every((url) => there.has(url)));
  const covered = new Set(before.flat());
  const rest = selected.map((image) => image.zarr_url).filter((url) => !covered.has(url));
  const runs = before.length === 0 || (!isConverter && rest.length > 0);
  return [...before, ...(runs ? [rest] : [])].flatMap((urls, index) =>
    firstStageUnits(
      task,
      urls.map((zarr_url) => ({ zarr_url })),
      zarrDir,
    ).map((unit) => ({ ...unit, index })),
  );
};

/**
 * The units that a task starts with, those that are taken over among them, in the order of the image list.
 *
 * @param all the dataset's images; `selected` those that the filters left.
 */
export const firstUnits = (
  task: WorkflowTask,
  all: readonly Image[],
  selected: readonly Image[],
  zarrDir: string,
  taken: readonly TakenUnit[],
): UnitArguments[] => {
  if (taken.length === 0) return firstStageUnits(task, selected, zarrDir);
  if (task.task_type !== 'parallel') return singleUnits(task, all, selected, zarrDir, taken);
  const chosen = new Set(selected.map((image) => image.zarr_url));
  const done = new Set(taken.filter(({ state }) => state === 'done').map((unit) => unit.zarr_url));
  const images = all.filter(({ zarr_url: url }) => chosen.has(url) || done.has(url));
  return firstStageUnits(task, images, zarrDir);
};

/** The images of the task: those that the filters left, and those that a part that is taken over was given. */
export const withTakenImages = (
  all: readonly Image[],
  selected: Image[],
  taken: readonly TakenUnit[],
): Image[] => {
  const covered = new Set(taken.flatMap(({ given }) => given ?? []));
  if (covered.size === 0) return selected;
  const chosen = new Set(selected.map((image) => image.zarr_url));
  return all.filter(({ zarr_url: url }) => chosen.has(url) || covered.has(url));
};

/**
 * Cuts units into batches, each with at most so many to run. A single part is one batch, whatever of it is taken over. Units
 * of one group stay in one batch and count as one.
 */
export const cutIntoBatches = (
  units: readonly UnitArguments[],
  isTaken: (unit: UnitArguments) => boolean,
  unitsPerBatch: number,
): UnitArguments[][] => {
  const batches: UnitArguments[][] = [];
  let current: UnitArguments[] = [];
  let toRun = 0;
  for (const group of inGroups(units)) {
    const runs = group.some((unit) => !isTaken(unit));
    const isMany = group.some(({ component }) => component === 'parallel' || component === 'compute');
    if (runs && toRun === unitsPerBatch && isMany) {
      batches.push(current);
      current = [];
      toRun = 0;
    }
    current.push(...group);
    if (runs) toRun += 1;
  }
  if (current.length > 0) batches.push(current);
  return batches;
};
