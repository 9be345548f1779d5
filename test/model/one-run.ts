/** One request through the real workflow and activities, and what came of it, in the words of the model. */
import { randomUUID } from 'node:crypto';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { InvalidRequestError, isEnded, RunError, type RunHandle } from '../../src/client/index.js';
import type { JsonObject, JsonValue } from '../../src/wire/request.js';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';
import { wrongEvents } from '../support/events.js';
import { folderName } from './oracle/tasks.js';
import { sorted } from './oracle/values.js';
import { ask } from '../support/operator.js';
import { patient } from '../support/patient.js';
import type { ActView, ErrorView, RunView, TryView, UnitView } from './oracle/view.js';
import type { Case } from './requests/requests.js';
import { SUBMISSIONS } from './scripted/backend.js';

const LOOK_MS = 200;
const STATUS = defineSearchAttributeKey('FractalStatus', 'KEYWORD');

/** The request as it is sent: with a directory of its own, and its `images_file` written there. */
export const writeCase = async ({ request, imagesFile }: Case, dir: string): Promise<JsonObject> => {
  const whole: JsonObject = { ...request, workflow_dir_local: join(dir, 'run') };
  const { dataset } = request;
  if (imagesFile === null || typeof dataset !== 'object' || dataset === null) return whole;
  const path = join(dir, 'images.json');
  await writeFile(path, JSON.stringify(imagesFile));
  return { ...whole, dataset: { ...(dataset as JsonObject), images_file: path } };
};

const readJson = async (path: string): Promise<JsonValue> =>
  JSON.parse(await readFile(path, 'utf8')) as JsonValue;

const argumentsOf = async (logFile: string): Promise<JsonValue> => {
  try {
    await access(logFile);
  } catch {
    return null;
  }
  return sorted(await readJson(logFile.replace(/-log\.txt$/, '-args.json')));
};

/** Every run of a unit has left a log: `-log.txt`, and `-log.{n}.txt` of those before. */
const runsOf = async (logFile: string): Promise<number> => {
  const stem = basename(logFile, '.txt');
  const names = await readdir(dirname(logFile)).catch(() => []);
  return names.filter((name) => name.startsWith(`${stem}.`)).length;
};

const triesIn = async (taskDir: string): Promise<TryView[]> => {
  const text = await readFile(join(taskDir, SUBMISSIONS), 'utf8').catch(() => '');
  const tries = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as TryView);
  const stages = ['first', 'compute'];
  return tries.sort(
    (left, right) =>
      stages.indexOf(left.stage) - stages.indexOf(right.stage) ||
      left.batch - right.batch ||
      left.try - right.try ||
      (left.units[0] ?? 0) - (right.units[0] ?? 0),
  );
};

const unitView = async (unit: UnitRecord, dir: string): Promise<UnitView> => {
  const { index, component, zarr_url, status, cause, exit_code, signal, log_file } = unit;
  return {
    ...{ index, component, zarr_url, status, cause, exit_code, signal },
    log_file: relative(dir, log_file),
    args: await argumentsOf(log_file),
    runs: await runsOf(log_file),
  };
};

const errorView = (error: NonNullable<RunResult['error']>): ErrorView => {
  const details = error.details ?? ({} as Record<string, never>);
  return {
    type: error.type,
    workflow_task_id: details.workflow_task_id ?? null,
    workflow_task_order: details.workflow_task_order ?? null,
    task_name: details.task_name ?? null,
    unit_index: details.unit_index ?? null,
    component: details.component ?? null,
    exit_code: details.exit_code ?? null,
    signal: details.signal ?? null,
    failed_units: details.failed_units ?? null,
    total_units: details.total_units ?? null,
  };
};

/** Does what the model's operator has done, each time that the run is held; ends a run that is held once more. */
const operate = async (handle: RunHandle, wanted: readonly ActView[]): Promise<ActView[]> => {
  const acts: ActView[] = [];
  // Told by the server alone: a query would keep a worker busy with each look.
  const isHeld = async (): Promise<boolean> => {
    for (;;) {
      const { status, typedSearchAttributes } = await patient(() => handle.temporal.describe());
      if (isEnded(status.name)) return false;
      if (typedSearchAttributes.get(STATUS) === 'held') return true;
      await sleep(LOOK_MS);
    }
  };
  if (wanted.length === 0) return acts;
  for (const { name, argument } of wanted) {
    if (!(await isHeld())) break;
    const id = randomUUID();
    const answer = await patient(() => ask(handle, name, argument, id)).then(
      ({ units }) => units,
      (error: unknown) => {
        if (error instanceof WorkflowUpdateFailedError) return null;
        throw error;
      },
    );
    acts.push({ name, argument, units: answer });
  }
  if (await isHeld()) {
    const id = randomUUID();
    await patient(() => ask(handle, 'stop', {}, id));
    acts.push({ name: 'stop', argument: {}, units: -1 });
  }
  return acts;
};

/** @throws what the run ended with when that is no end that the model knows. */
export const observe = async (
  handle: RunHandle,
  dir: string,
  wanted: readonly ActView[],
): Promise<RunView> => {
  const acts = await operate(handle, wanted);
  const thrown: unknown = await handle.reference().then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof InvalidRequestError) {
    const refused = [...new Set(thrown.errors.map(({ path }) => path))].sort();
    return { status: 'refused', refused, error: null, images: [], type_filters: {}, task_runs: [], acts };
  }
  if (thrown !== null && !(thrown instanceof RunError)) throw thrown;
  const run = join(dir, 'run');
  const result = (await readJson(join(run, 'result.json'))) as unknown as RunResult;
  const names = result.error?.type ?? null;
  if ((thrown?.name ?? null) !== names)
    throw new Error(`thrown: ${String(thrown)}, result.json: ${String(names)}`);
  const wrong = wrongEvents(run, result);
  if (wrong !== null) throw new Error(`events.jsonl: ${wrong}`);
  return {
    status: result.status,
    refused: null,
    error: result.error === null ? null : errorView(result.error),
    images: result.images.map(({ zarr_url, origin, attributes, types }) => ({
      ...{ zarr_url, origin },
      attributes: sorted(attributes),
      types: sorted(types),
    })),
    acts,
    type_filters: sorted(result.type_filters),
    task_runs: await Promise.all(
      result.task_runs.map(async (task) => ({
        ...{ workflow_task_order: task.workflow_task_order, task_name: task.task_name, status: task.status },
        num_available_images: task.num_available_images,
        num_tasks: task.num_tasks,
        num_new_images: task.num_new_images,
        units: await Promise.all(task.units.map((unit) => unitView(unit, run))),
        tries: await triesIn(join(run, folderName(task.workflow_task_order, task.task_name))),
      })),
    ),
  };
};
