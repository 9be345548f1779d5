/** One workflow-task of a run: its units, what they come to, and the list after it (docs/semantics.md). */
import type { JsonObject } from '../../../src/wire/request.js';
import type { PlayedEnds } from '../task/ends.js';
import { apply, merge, passesAttributes, passesTypes } from './apply.js';
import type { OracleImage } from './dataset.js';
import type { Operator } from './operator.js';
import type { Item, Update } from './outputs.js';
import { folderName, hasManyPart, hasSinglePart, words, type OracleTask } from './tasks.js';
import { runBatch, type OraclePolicy } from './tries.js';
import { plannedUnit, playUnit, type Unit } from './units.js';
import type { RunView, TaskRunView, TryView, UnitView } from './view.js';
import { pythonEqual, type Dict, type Scalar } from './values.js';

/** Those of the tasks that the model knows (task/). */
const isProgram = (word = ''): boolean => word === 'node' || /\/python[0-9.]*$/.test(word);

export interface State {
  images: OracleImage[];
  carried: Dict<boolean>;
  /** Urls that no further task is given. */
  leftOut: string[];
}

export interface TaskEnd extends State {
  /** The run goes on, and ends with this task's error. */
  goesOn: boolean;
  /** Units have failed, and something can be done about them. */
  mayHold: boolean;
  run: TaskRunView;
  error: RunView['error'];
}

const withoutRepetitions = (items: Item[]): Item[] =>
  items.filter((item, index) => !items.slice(0, index).some((other) => pythonEqual(other, item)));

const STAGES = ['first', 'compute'];

const byPlace = (left: TryView, right: TryView): number =>
  STAGES.indexOf(left.stage) - STAGES.indexOf(right.stage) ||
  left.batch - right.batch ||
  left.try - right.try ||
  (left.units[0] ?? 0) - (right.units[0] ?? 0);

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

/** A workflow-task, and the rounds of its operator. */
export const runTask = (
  task: OracleTask,
  { images, carried, leftOut }: State,
  zarrDir: string,
  attributeFilters: Dict<Scalar[]>,
  policy: OraclePolicy,
  operator: Operator,
): TaskEnd => {
  const isConverter = task.type.startsWith('converter_');
  const isCompound = hasSinglePart(task.type) && hasManyPart(task.type);
  const filters = new Map([...carried, ...task.inputTypes, ...task.typeFilters]);
  const offered = images.filter(({ url }) => !leftOut.includes(url));
  const available = isConverter ? [] : offered.filter((image) => passesTypes(image, filters));
  const given = available.filter((image) => passesAttributes(image, attributeFilters));
  const folder = folderName(task.order, task.name);
  const tries: TryView[] = [];
  const stopped = { images, carried, leftOut, goesOn: false, mayHold: false };
  const blank = { unit_index: null, component: null, exit_code: null, signal: null };
  const named = { workflow_task_id: task.id, workflow_task_order: task.order, task_name: task.name };
  const record = (units: Unit[], status: 'done' | 'failed', added: number): TaskRunView => ({
    ...{ workflow_task_order: task.order, task_name: task.name, status },
    ...{ num_available_images: available.length, num_tasks: units.length, num_new_images: added },
    units: units.map(({ type: _type, output: _output, given: _given, lastCause: _last, args, ...unit }) => ({
      ...unit,
      args: unit.runs === 0 ? null : args,
    })),
    tries: [...tries].sort(byPlace),
  });

  if (!isConverter && given.length === 0) {
    const error = { type: 'JobExecutionError', ...named, ...blank, failed_units: 0, total_units: 0 };
    return { ...stopped, run: record([], 'failed', 0), error };
  }

  let units: Unit[] = [];
  /** Of the stage that ran last. */
  let lastTry = 0;
  const perBatchOf = (isMany: boolean): number =>
    Number(isMany ? (task.metaMany.units_per_batch ?? 1_000_000) : 1);
  const runUnits = (planned: Unit[], firstTry: number, rules: OraclePolicy): Unit[] => {
    const [{ component } = { component: 'parallel' }] = planned;
    const isMany = component === 'parallel' || component === 'compute';
    const meta = isMany ? task.metaMany : task.metaSingle;
    const command = isMany ? task.commands.many : task.commands.single;
    const perBatch = perBatchOf(isMany);
    const ran: Unit[] = [];
    for (let first = 0; first < planned.length; first += perBatch) {
      const number = first / perBatch;
      const ended = runBatch({
        ...{ stage: component === 'compute' ? 'compute' : 'first', number, firstTry },
        units: planned.slice(first, first + perBatch),
        ends: ((meta.ends ?? {}) as unknown as PlayedEnds)[number] ?? [],
        isExecutable: isProgram(words(command)?.[0]),
        policy: rules,
        play: playUnit,
      });
      ran.push(...ended.units);
      lastTry = Math.max(lastTry, firstTry, ...ended.tries.map((one) => one.try));
      // Only the executor that plays units writes down what it was asked for.
      if (meta.real !== true) tries.push(...ended.tries);
    }
    return ran;
  };
  const runPart = (component: UnitView['component'], each: JsonObject[]): void => {
    const isMany = component === 'parallel' || component === 'compute';
    const planned = each.map((args, index) =>
      plannedUnit(component, index, folder, args, perBatchOf(isMany)),
    );
    lastTry = 0;
    units.push(...runUnits(planned, 1, policy));
  };
  const runList = (): void => {
    const init = units[0];
    if (init?.status !== 'done' || init.output === null || !('list' in init.output)) return;
    const items = withoutRepetitions(init.output.list);
    const each = items.map(({ url, initArgs }) => ({ zarr_url: url, init_args: initArgs }));
    runPart(
      'compute',
      each.map((own) => ({ ...task.argsMany, ...own })),
    );
  };
  if (hasSinglePart(task.type)) {
    const urls: JsonObject = isConverter ? {} : { zarr_urls: given.map(({ url }) => url) };
    runPart(isCompound ? 'init' : 'non_parallel', [{ ...task.argsSingle, zarr_dir: zarrDir, ...urls }]);
    runList();
  } else {
    const each = given.map(({ url }) => ({ ...task.argsMany, zarr_url: url }));
    runPart('parallel', each);
  }

  const settle = (isGivenUp: boolean): TaskEnd => {
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
    if (first?.component === 'init')
      return { ...stopped, goesOn: isGivenUp, mayHold: true, run: record(recorded, 'failed', 0), error };

    const outputs = units
      .map(({ output }) => output)
      .filter((output) => output !== null && 'updates' in output);
    const merged = merge(outputs);
    const effective = merged === null ? null : orAllGiven(merged, task, given, units);
    const applied = effective === null ? null : apply(images, effective, zarrDir, task.outputTypes);
    if (applied === null) {
      const total = counted.length;
      const cannot = {
        type: 'JobExecutionError',
        ...named,
        ...blank,
        failed_units: total,
        total_units: total,
      };
      return { ...stopped, run: record(units.map(asFailed), 'failed', 0), error: cannot };
    }
    const status = first === undefined ? 'done' : 'failed';
    const failedUrls = failed.map((unit) => unit.zarr_url ?? '');
    return {
      ...{ images: applied.images, carried: moved, run: record(recorded, status, applied.added), error },
      leftOut: [...leftOut, ...failedUrls],
      goesOn:
        isGivenUp ||
        (policy.onFailure === 'continue' && first !== undefined && first.component !== 'non_parallel'),
      mayHold: first !== undefined,
    };
  };

  let end = settle(false);
  const givenUp: number[] = [];
  while (policy.onFailure === 'wait' && end.mayHold) {
    // The stage that was planned last: of a compound whose init has not failed, its list.
    const component = units.at(-1)?.component;
    const open = units.filter(
      (unit) => unit.component === component && unit.status === 'failed' && !givenUp.includes(unit.index),
    );
    if (open.length === 0) return settle(true);
    const { view, chosen, rerun } = operator.decide(open);
    if (view.name === 'stop') return end;
    if (view.units === null) continue;
    if (view.name === 'skip') {
      givenUp.push(...chosen.map(({ index }) => index));
      continue;
    }
    const again = runUnits(chosen, lastTry + 1, { ...policy, rerun: policy.rerun || rerun });
    const same = (one: Unit, other: Unit): boolean =>
      one.index === other.index && one.component === other.component;
    units = units.map((unit) => again.find((one) => same(one, unit)) ?? unit);
    if (component === 'init') runList();
    end = settle(false);
  }
  return end;
};
