/**
 * A whole run, told from its request alone: a second, naive implementation of docs/semantics.md that shares no rule
 * with src. What a unit does is said by its own arguments (task/play.mjs).
 */
import type { JsonObject } from '../../../src/wire/request.js';
import type { OracleImage } from './dataset.js';
import { createOperator, type Act } from './operator.js';
import { readRequest } from './request.js';
import { runTask, type State } from './run-task.js';
import type { RunView, TaskRunView } from './view.js';
import { sorted, type Dict } from './values.js';

const plain = <T>(dict: Dict<T>): Record<string, T> => Object.fromEntries(dict);

const viewOf = ({ url, origin, attributes, types }: OracleImage): RunView['images'][number] => ({
  zarr_url: url,
  origin,
  attributes: sorted(attributes),
  types: sorted(types),
});

/**
 * @param imagesFile content of the request's `images_file`.
 * @param schedule what the operator does, each time that the run is held.
 */
export const predict = (request: JsonObject, imagesFile: unknown, schedule: Act[] = []): RunView => {
  const read = readRequest(request, imagesFile);
  const operator = createOperator(schedule);
  const nothing = { images: [], type_filters: {}, task_runs: [], error: null, acts: operator.acts };
  if (read.request === null) return { status: 'refused', refused: read.paths, ...nothing };
  const { tasks, zarrDir, attributeFilters, policyOf } = read.request;
  let state: State = { images: read.request.images, carried: read.request.typeFilters, leftOut: [] };
  const runs: TaskRunView[] = [];
  let error: RunView['error'] = null;
  for (const task of tasks) {
    const end = runTask(task, state, zarrDir, attributeFilters, policyOf(task), operator);
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
    acts: operator.acts,
  };
};
