/**
 * A whole run, told from its request alone: a second, naive implementation of docs/semantics.md that shares no rule
 * with src. What a unit does is said by its own arguments (task/play.mjs).
 */
import type { JsonObject } from '../../../src/wire/request.js';
import { playOf, statusOf, type Play } from '../task/play.mjs';
import { apply, merge, passesAttributes, passesTypes } from './apply.js';
import type { OracleImage } from './dataset.js';
import { Invalid, outputOf, type Item, type Output, type Update } from './outputs.js';
import { readRequest } from './request.js';
import { folderName, hasManyPart, hasSinglePart, words, type OracleTask } from './tasks.js';
import type { RunView, TaskRunView, UnitView } from './view.js';
import { pythonEqual, sorted, type Dict, type Scalar } from './values.js';

/** The programs of commands that a node can execute; any other is missing or no program. */
const PROGRAMS = ['node'];

interface Unit extends UnitView {
  type: 'TaskExecutionError' | 'JobExecutionError' | null;
  output: Output | null;
}

interface State {
  images: OracleImage[];
  carried: Dict<boolean>;
}

interface TaskEnd extends State {
  run: TaskRunView;
  error: RunView['error'];
}

/** Exit statuses by which shells report a death by signal 1 to 64. */
const isSignal = (status: number): boolean => status > 128 && status <= 192;

const endOf = (unit: Unit, play: Play, isInit: boolean): Unit => {
  const status = statusOf(play);
  if (isSignal(status))
    return { ...unit, status: 'failed', cause: 'signal', signal: status - 128, type: 'JobExecutionError' };
  const ended = { ...unit, exit_code: status };
  if (status !== 0) return { ...ended, status: 'failed', cause: 'exit', type: 'TaskExecutionError' };
  try {
    return { ...ended, output: outputOf(play.out, isInit) };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return { ...ended, status: 'failed', cause: 'invalid_output', type: 'TaskExecutionError' };
  }
};

const runUnit = (
  component: UnitView['component'],
  index: number,
  folder: string,
  command: string,
  args: JsonObject,
  perBatch: number,
): Unit => {
  const many = component === 'parallel' || component === 'compute';
  const batch = String(Math.floor(index / perBatch)).padStart(6, '0');
  const stem = many ? `par-${batch}-${String(index).padStart(7, '0')}` : 'non_par-';
  const unit: Unit = {
    ...{ index, component, zarr_url: many ? (args.zarr_url as string) : null, status: 'done', cause: null },
    ...{ exit_code: null, signal: null, log_file: `${folder}/${stem}-log.txt`, args: sorted(args) },
    ...{ type: null, output: null },
  };
  if (!PROGRAMS.includes(words(command)?.[0] ?? ''))
    return { ...unit, status: 'failed', cause: 'not_executable', type: 'JobExecutionError', args: null };
  return endOf(unit, playOf(args), component === 'init');
};

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
  { images, carried }: State,
  zarrDir: string,
  attributeFilters: Dict<Scalar[]>,
): TaskEnd => {
  const isConverter = task.type.startsWith('converter_');
  const isCompound = hasSinglePart(task.type) && hasManyPart(task.type);
  const filters = new Map([...carried, ...task.inputTypes, ...task.typeFilters]);
  const available = isConverter ? [] : images.filter((image) => passesTypes(image, filters));
  const given = available.filter((image) => passesAttributes(image, attributeFilters));
  const folder = folderName(task.order, task.name);
  const perBatch = Number(task.metaMany.units_per_batch ?? 1_000_000);
  const blank = { unit_index: null, component: null, exit_code: null, signal: null };
  const named = { workflow_task_id: task.id, workflow_task_order: task.order, task_name: task.name };
  const record = (units: Unit[], status: 'done' | 'failed', added: number): TaskRunView => ({
    ...{ workflow_task_order: task.order, task_name: task.name, status },
    ...{ num_available_images: available.length, num_tasks: units.length, num_new_images: added },
    units: units.map(({ type: _type, output: _output, ...unit }) => unit),
  });

  if (!isConverter && given.length === 0) {
    const error = { type: 'JobExecutionError', ...named, ...blank, failed_units: 0, total_units: 0 };
    return { images, carried, run: record([], 'failed', 0), error };
  }

  const units: Unit[] = [];
  const single = (component: 'init' | 'non_parallel'): Unit => {
    const urls: JsonObject = isConverter ? {} : { zarr_urls: given.map(({ url }) => url) };
    const args = { ...task.argsSingle, zarr_dir: zarrDir, ...urls };
    return runUnit(component, 0, folder, task.commands.single, args, 1);
  };
  const many = (component: 'parallel' | 'compute', each: JsonObject[]): Unit[] =>
    each.map((own, index) =>
      runUnit(component, index, folder, task.commands.many, { ...task.argsMany, ...own }, perBatch),
    );
  if (isCompound) {
    const init = single('init');
    units.push(init);
    if (init.status === 'done' && init.output !== null && 'list' in init.output) {
      const items = withoutRepetitions(init.output.list);
      units.push(
        ...many(
          'compute',
          items.map(({ url, initArgs }) => ({ zarr_url: url, init_args: initArgs })),
        ),
      );
    }
  } else if (task.type === 'parallel')
    units.push(
      ...many(
        'parallel',
        given.map(({ url }) => ({ zarr_url: url })),
      ),
    );
  else units.push(single('non_parallel'));

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
  if (first?.component === 'init') return { images, carried, run: record(recorded, 'failed', 0), error };

  const outputs = units
    .map(({ output }) => output)
    .filter((output) => output !== null && 'updates' in output);
  const merged = merge(outputs);
  const effective = merged === null ? null : orAllGiven(merged, task, given, units);
  const applied = effective === null ? null : apply(images, effective, zarrDir, task.outputTypes);
  if (applied === null) {
    const total = counted.length;
    const cannot = { type: 'JobExecutionError', ...named, ...blank, failed_units: total, total_units: total };
    return { images, carried, run: record(units.map(asFailed), 'failed', 0), error: cannot };
  }
  const status = first === undefined ? 'done' : 'failed';
  return { images: applied.images, carried: moved, run: record(recorded, status, applied.added), error };
};

/** @param imagesFile content of the request's `images_file`. */
export const predict = (request: JsonObject, imagesFile: unknown): RunView => {
  const read = readRequest(request, imagesFile);
  const nothing = { images: [], type_filters: {}, task_runs: [], error: null };
  if (read.request === null) return { status: 'refused', refused: read.paths, ...nothing };
  const { tasks, zarrDir, attributeFilters } = read.request;
  let state: State = { images: read.request.images, carried: read.request.typeFilters };
  const runs: TaskRunView[] = [];
  let error: RunView['error'] = null;
  for (const task of tasks) {
    const end = runTask(task, state, zarrDir, attributeFilters);
    state = end;
    runs.push(end.run);
    error = end.error;
    if (error !== null) break;
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
