/**
 * What a run takes over from the earlier one that it continues (docs/continuing.md): tasks that are done, with their
 * records, the image list after them, and of the others the units that are done.
 */
import { withoutStatus } from '../../images/status.js';
import { readIfThere } from '../../state/files.js';
import { lines } from '../../state/json-lines.js';
import { imagesPath } from '../../state/paths.js';
import { readImages } from '../../state/stored-request.js';
import { taskDifferences } from '../../tasks/same-workflow.js';
import type { InputError } from '../../wire/failure.js';
import type { Image, ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import { titleInWorkflow } from '../../wire/task-title.js';
import type { ActivityDependencies } from '../dependencies.js';
import { InvalidRequest } from '../errors.js';
import { placeInRequest } from '../run/check-layouts.js';
import type { TaskRecordReference } from '../task/task-record.js';
import { NotContinuable, readEarlierRun, recordOf, within, type EarlierRun } from './earlier-run.js';
import { mustBeOver } from './still-alive.js';
import { readEarlierTask, type EarlierTask } from './units-of-task.js';

/** What is to be taken over, read and checked, before anything is written. */
export interface TakeOver {
  run: EarlierRun;
  request: ProcessWorkflowRequest;
  next: number;
  done: { position: number; record: TaskRecordReference }[];
  images: Image[];
  outputTypes: Record<string, boolean>;
  /** The task at `next` and those after it. */
  tasks: Map<number, EarlierTask>;
  notes: string[];
}

const firstOf = (run: EarlierRun): number => run.continued?.next ?? run.request.first_task_index;

/** Tasks from the beginning of the range that the earlier run has done. */
const doneTasks = async (
  run: EarlierRun,
  { first_task_index: first, last_task_index: last }: ProcessWorkflowRequest,
): Promise<TakeOver['done']> => {
  const done: TakeOver['done'] = [];
  for (let position = first; position <= last; position++) {
    const record = await recordOf(run, position);
    if (record?.task_run.status !== 'done') break;
    done.push({ position, record });
  }
  return done;
};

/** Where the earlier run has the list before the task at `next`. */
const imagesBefore = async (run: EarlierRun, next: number): Promise<Image[]> => {
  if (run.continued?.next === next) return readImages(within(run, run.continued.images));
  const kept = next === firstOf(run) ? undefined : (await recordOf(run, next - 1))?.images;
  if (kept !== undefined) return readImages(within(run, kept));
  const text = await readIfThere(imagesPath(run.dir, next));
  if (text === null)
    throw new NotContinuable(
      `${run.dir}, which does not have the image list before the task at position ${next}`,
    );
  return [...lines(Buffer.from(text))].map((line) => JSON.parse(line) as Image);
};

/** Types that tasks which are done carry on to those after them. */
const carriedTypes = (run: EarlierRun, next: number): Record<string, boolean> => {
  const first = firstOf(run);
  const passed = run.request.workflow.task_list.slice(first, next);
  return Object.assign(
    {},
    run.continued?.output_types ?? {},
    ...passed.map(({ task }) => task.output_types),
  ) as Record<string, boolean>;
};

const samePlace = ({ dataset }: ProcessWorkflowRequest, run: EarlierRun): InputError[] =>
  dataset.zarr_dir === run.request.dataset.zarr_dir
    ? []
    : [
        {
          path: '/dataset/zarr_dir',
          expected: `${run.request.dataset.zarr_dir}, as in the earlier run`,
          got: dataset.zarr_dir,
        },
      ];

/** The beginning of the range must be where the earlier run has the image list of. */
const sameBeginning = async (
  { first_task_index: first }: ProcessWorkflowRequest,
  run: EarlierRun,
): Promise<InputError[]> => {
  const began = run.request.first_task_index;
  const wrong = (expected: string): InputError[] => [
    { path: '/first_task_index', expected, got: String(first) },
  ];
  if (first < began) return wrong(`at least ${began}, where the earlier run began`);
  for (let position = began; position < first; position++) {
    if ((await recordOf(run, position))?.task_run.status !== 'done')
      return wrong(`at most ${position}, the first task that the earlier run has not done`);
  }
  return [];
};

/** Its units are known again by what stays: kind, name and place. */
const KIND = ['order', 'task_type', 'task/name', 'task/type'];

const list = (request: ProcessWorkflowRequest): WorkflowTask[] => request.workflow.task_list;

/** Tasks after the first unfinished one take units over as long as they are the same ones. */
const unfinishedTasks = async (
  run: EarlierRun,
  request: ProcessWorkflowRequest,
  next: number,
  raw: unknown,
  deps: ActivityDependencies,
): Promise<{ tasks: TakeOver['tasks']; errors: InputError[] }> => {
  const tasks: TakeOver['tasks'] = new Map();
  for (let position = next; position <= request.last_task_index; position++) {
    const [now, before] = [list(request)[position], list(run.request)[position]];
    if (now === undefined || before === undefined) break;
    const place = placeInRequest(raw, now.order);
    const differences = taskDifferences(now, before, place, KIND);
    const task = await readEarlierTask(run, position, deps.backend);
    const begun = task.units.some(({ state }) => state !== 'open');
    if (differences.length > 0 && position === next && begun) return { tasks, errors: differences };
    if (differences.length > 0) break;
    tasks.set(position, task);
  }
  return { tasks, errors: [] };
};

const notesOf = (run: EarlierRun, { request, next, tasks }: Omit<TakeOver, 'notes'>): string[] => {
  const notes: string[] = [];
  for (const [position, { units }] of tasks) {
    const [now, before] = [list(request)[position], list(run.request)[position]];
    if (now === undefined || before === undefined || units.length === 0) continue;
    const name = `task ${now.order} "${titleInWorkflow(now)}"`;
    const count = (state: string): number => units.filter((unit) => unit.state === state).length;
    const [done, interrupted] = [count('done'), count('interrupted')];
    if (position === next || done > 0)
      notes.push(
        `${name}: ${done} units are taken over as done` +
          (interrupted === 0 ? '' : `, ${interrupted} had begun and were interrupted`),
      );
    const initIsDone = units.some(({ component, state }) => component === 'init' && state === 'done');
    const changed = JSON.stringify(now.args_non_parallel) !== JSON.stringify(before.args_non_parallel);
    if (initIsDone && changed)
      notes.push(`${name}: its init is done and does not run again, although its arguments have changed`);
  }
  return notes;
};

const examine = async (
  raw: unknown,
  request: ProcessWorkflowRequest,
  from: string,
  ownId: string,
  deps: ActivityDependencies,
): Promise<TakeOver> => {
  const run = await readEarlierRun(from);
  await mustBeOver(run, ownId, deps);
  const errors = [...samePlace(request, run), ...(await sameBeginning(request, run))];
  if (errors.length > 0) throw new InvalidRequest(errors);
  const done = await doneTasks(run, request);
  for (const { position } of done) {
    const [now, before] = [list(request)[position], list(run.request)[position]];
    if (before === undefined) continue;
    errors.push(
      ...taskDifferences(now, before, now === undefined ? position : placeInRequest(raw, now.order)),
    );
  }
  const next = request.first_task_index + done.length;
  const unfinished = await unfinishedTasks(run, request, next, raw, deps);
  errors.push(...unfinished.errors);
  if (errors.length > 0) throw new InvalidRequest(errors);
  const images = (await imagesBefore(run, next)).map(withoutStatus);
  const { tasks } = unfinished;
  const taken = { run, request, next, done, images, outputTypes: carriedTypes(run, next), tasks };
  return { ...taken, notes: notesOf(run, taken) };
};

/**
 * Reads and checks the earlier run; nothing is written.
 *
 * @param raw the request as it was given.
 * @param ownId workflow id of the run that continues.
 * @throws InvalidRequest with what does not fit, StateCorrupt and StorageFailed for what cannot be read.
 */
export const examineEarlierRun = async (
  raw: unknown,
  request: ProcessWorkflowRequest,
  from: string,
  ownId: string,
  deps: ActivityDependencies,
): Promise<TakeOver> => {
  try {
    return await examine(raw, request, from, ownId, deps);
  } catch (error) {
    if (!(error instanceof NotContinuable)) throw error;
    const expected = 'the directory of a run that is over';
    throw new InvalidRequest([{ path: '/continue_from', expected, got: error.message }]);
  }
};
