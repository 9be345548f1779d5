/**
 * A whole run, told from its request alone: a second, naive implementation of docs/semantics.md that shares no rule
 * with src. What a unit does is said by its own arguments (task/play.mjs).
 */
import type { JsonObject } from '../../../src/wire/request.js';
import type { PlayedEnds } from '../task/ends.js';
import { apply, merge, passesAttributes, passesTypes } from './apply.js';
import type { OracleImage } from './dataset.js';
import type { Item, Update } from './outputs.js';
import { readRequest } from './request.js';
import { folderName, hasManyPart, hasSinglePart, words, type OracleTask } from './tasks.js';
import { runBatch, type OraclePolicy } from './tries.js';
import { plannedUnit, playUnit, type Unit } from './units.js';
import type { RunView, TaskRunView, TryView, UnitView } from './view.js';
import { pythonEqual, sorted, type Dict, type Scalar } from './values.js';

/** The programs of commands that a node can execute; any other is missing or no program. */
/** Those of the tasks that the model knows (task/). */
const isProgram = (word = ''): boolean => word === 'node' || /\/python[0-9.]*$/.test(word);

interface State {
  images: OracleImage[];
  carried: Dict<boolean>;
  /** Urls that no further task is given. */
  leftOut: string[];
}

interface TaskEnd extends State {
  /** The run goes on, and ends with this task's error. */
  goesOn: boolean;
  run: TaskRunView;
  error: RunView['error'];
}

const withoutRepetitions = (items: Item[]): Item[] =>
  items.filter((item, index) => !items.slice(0, index).some((other) => pythonEqual(other, item)));

const plain = <T>(dict: Dict<T>): Record<string, T> => Object.fromEntries(dict);

const viewOf = ({ url, origin, attributes, types }: OracleImage): RunView['images'][number] => ({
  zarr_url: url,
  origin,
  attributes: sorted(attributes),
  types: sorted(types),
});

const asFailed = (unit: Unit): Unit => ({ ...unit, status: 'failed' });

/** Units that return nothing (docs/semantics.md): then all images that were given count as updated. */
const orAllGiven = (
  merged: { updates: Update[]; removals: string[] },
  task: OracleTask,
  given: OracleImage[],
  units: Unit[],
): { updates: Update[]; removals: string[] } => {
  if (merged.updates.length > 0 || merged.removals.length > 0) return merged;
  const someFailed = units.some((unit) => unit.status === 'failed');
  const urls =
    task.type === 'parallel'
      ? units.filter((unit) => unit.status === 'done').map((unit) => unit.zarr_url ?? '')
      : someFailed
        ? []
        : given.map(({ url }) => url);
  const updates = urls.map((url) => ({ url, origin: null, attributes: new Map(), types: new Map() }));
  return { updates, removals: [] };
};

const runTask = (
  task: OracleTask,
  { images, carried, leftOut }: State,
  zarrDir: string,
  attributeFilters: Dict<Scalar[]>,
  policy: OraclePolicy,
): TaskEnd => {
  const isConverter = task.type.startsWith('converter_');
  const isCompound = hasSinglePart(task.type) && hasManyPart(task.type);
  const filters = new Map([...carried, ...task.inputTypes, ...task.typeFilters]);
  const offered = images.filter(({ url }) => !leftOut.includes(url));
  const available = isConverter ? [] : offered.filter((image) => passesTypes(image, filters));
  const given = available.filter((image) => passesAttributes(image, attributeFilters));
  const folder = folderName(task.order, task.name);
  const tries: TryView[] = [];
  const stopped = { images, carried, leftOut, goesOn: false };
  const blank = { unit_index: null, component: null, exit_code: null, signal: null };
  const named = { workflow_task_id: task.id, workflow_task_order: task.order, task_name: task.name };
  const record = (units: Unit[], status: 'done' | 'failed', added: number): TaskRunView => ({
    ...{ workflow_task_order: task.order, task_name: task.name, status },
    ...{ num_available_images: available.length, num_tasks: units.length, num_new_images: added },
    units: units.map(({ type: _type, output: _output, given: _given, args, ...unit }) => ({
      ...unit,
      args: unit.runs === 0 ? null : args,
    })),
    tries,
  });

  if (!isConverter && given.length === 0) {
    const error = { type: 'JobExecutionError', ...named, ...blank, failed_units: 0, total_units: 0 };
    return { ...stopped, run: record([], 'failed', 0), error };
  }

  const units: Unit[] = [];
  const runPart = (component: UnitView['component'], each: JsonObject[]): void => {
    const isMany = component === 'parallel' || component === 'compute';
    const meta = isMany ? task.metaMany : task.metaSingle;
    const command = isMany ? task.commands.many : task.commands.single;
    const perBatch = Number(isMany ? (meta.units_per_batch ?? 1_000_000) : 1);
    const planned = each.map((args, index) => plannedUnit(component, index, folder, args, perBatch));
    for (let first = 0; first < planned.length; first += perBatch) {
      const number = first / perBatch;
      const ended = runBatch({
        ...{ stage: component === 'compute' ? 'compute' : 'first', number },
        units: planned.slice(first, first + perBatch),
        ends: ((meta.ends ?? {}) as unknown as PlayedEnds)[number] ?? [],
        isExecutable: isProgram(words(command)?.[0]),
        policy,
        play: playUnit,
      });
      units.push(...ended.units);
      // Only the executor that plays units writes down what it was asked for.
      if (meta.real !== true) tries.push(...ended.tries);
    }
  };
  if (hasSinglePart(task.type)) {
    const urls: JsonObject = isConverter ? {} : { zarr_urls: given.map(({ url }) => url) };
    runPart(isCompound ? 'init' : 'non_parallel', [{ ...task.argsSingle, zarr_dir: zarrDir, ...urls }]);
    const init = units[0];
    if (init?.status === 'done' && init.output !== null && 'list' in init.output) {
      const items = withoutRepetitions(init.output.list);
      const each = items.map(({ url, initArgs }) => ({ zarr_url: url, init_args: initArgs }));
      runPart(
        'compute',
        each.map((own) => ({ ...task.argsMany, ...own })),
      );
    }
  } else {
    const each = given.map(({ url }) => ({ ...task.argsMany, zarr_url: url }));
    runPart('parallel', each);
  }

  const failed = units.filter((unit) => unit.status === 'failed');
  const counted = units.filter((unit) => unit.component !== 'init');
  const first = failed[0];
  const moved = new Map([...carried, ...task.outputTypes]);
  const error: RunView['error'] =
    first === undefined
      ? null
      : {
          ...{ type: first.type ?? '', ...named, unit_index: first.index, component: first.component },
          ...{ exit_code: first.exit_code, signal: first.signal },
          failed_units: first.component === 'init' ? 0 : failed.length,
          total_units: first.component === 'init' ? 0 : counted.length,
        };
  const recorded = isCompound && first !== undefined ? units.map(asFailed) : units;
  if (first?.component === 'init') return { ...stopped, run: record(recorded, 'failed', 0), error };

  const outputs = units
    .map(({ output }) => output)
    .filter((output) => output !== null && 'updates' in output);
  const merged = merge(outputs);
  const effective = merged === null ? null : orAllGiven(merged, task, given, units);
  const applied = effective === null ? null : apply(images, effective, zarrDir, task.outputTypes);
  if (applied === null) {
    const total = counted.length;
    const cannot = { type: 'JobExecutionError', ...named, ...blank, failed_units: total, total_units: total };
    return { ...stopped, run: record(units.map(asFailed), 'failed', 0), error: cannot };
  }
  const status = first === undefined ? 'done' : 'failed';
  const failedUrls = failed.map((unit) => unit.zarr_url ?? '');
  return {
    ...{ images: applied.images, carried: moved, run: record(recorded, status, applied.added), error },
    leftOut: [...leftOut, ...failedUrls],
    goesOn: policy.onFailure === 'continue' && first !== undefined && first.component !== 'non_parallel',
  };
};

/** @param imagesFile content of the request's `images_file`. */
export const predict = (request: JsonObject, imagesFile: unknown): RunView => {
  const read = readRequest(request, imagesFile);
  const nothing = { images: [], type_filters: {}, task_runs: [], error: null };
  if (read.request === null) return { status: 'refused', refused: read.paths, ...nothing };
  const { tasks, zarrDir, attributeFilters, policyOf } = read.request;
  let state: State = { images: read.request.images, carried: read.request.typeFilters, leftOut: [] };
  const runs: TaskRunView[] = [];
  let error: RunView['error'] = null;
  for (const task of tasks) {
    const end = runTask(task, state, zarrDir, attributeFilters, policyOf(task));
    state = end;
    runs.push(end.run);
    error ??= end.error;
    if (end.error !== null && !end.goesOn) break;
  }
  return {
    status: error === null ? 'done' : 'failed',
    refused: null,
    error,
    images: state.images.map(viewOf),
    type_filters: sorted(plain(state.carried)),
    task_runs: runs,
  };
};
