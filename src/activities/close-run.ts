/** `closeRun`: writes `result.json`, always, from the records of the tasks (docs/result.md). */
import { readState, replaceFile } from '../state/files.js';
import { lines } from '../state/json-lines.js';
import { resultPath } from '../state/paths.js';
import type { CloseRunInput } from '../wire/activities.js';
import type { ResultReference } from '../wire/failure.js';
import type { RunResult } from '../wire/result.js';
import type { ActivityDependencies } from './dependencies.js';
import { withJobReports } from './finished-jobs.js';
import { logEvent } from './run-log.js';
import type { TaskRecordReference } from './task-record.js';

/** The members of a JSON array whose elements stand one a line: no element is parsed. */
function* joined(bytes: Buffer): Generator<string> {
  let first = true;
  for (const line of lines(bytes)) {
    yield first ? line : `,\n${line}`;
    first = false;
  }
}

interface TaskRecord extends TaskRecordReference {
  bytes: Buffer;
}

const readRecords = async (input: CloseRunInput): Promise<TaskRecord[]> => {
  const records: TaskRecord[] = [];
  for (const reference of input.records) {
    const record = JSON.parse((await readState(reference)).toString('utf8')) as TaskRecordReference;
    records.push({ ...record, bytes: await readState(record.units) });
  }
  return records;
};

function* resultText(input: CloseRunInput, images: Buffer, records: TaskRecord[]): Generator<string> {
  const head: Pick<RunResult, 'status' | 'error'> = { status: input.status, error: input.error };
  yield `{"status":${JSON.stringify(head.status)},"error":${JSON.stringify(head.error)},"images":[\n`;
  yield* joined(images);
  yield `],\n"type_filters":${JSON.stringify(input.type_filters)},"task_runs":[`;
  for (const [index, { task_run: taskRun, bytes }] of records.entries()) {
    yield `${index === 0 ? '' : ','}\n${JSON.stringify(taskRun).slice(0, -1)},"units":[\n`;
    yield* joined(bytes);
    yield ']}';
  }
  yield `],\n"workflow_id":${JSON.stringify(input.run.workflow_id)},"run_id":${JSON.stringify(input.run_id)},`;
  yield `"workflow_dir":${JSON.stringify(input.run.dir)}}\n`;
}

/** @throws StateCorrupt, StorageFailed for what it reads and writes. */
export const closeRun = async (
  input: CloseRunInput,
  deps: ActivityDependencies,
): Promise<ResultReference> => {
  const images = await readState(input.images);
  const records = await withJobReports(await readRecords(input), deps.backend);
  const reference = await replaceFile(resultPath(input.run.dir), resultText(input, images, records));
  const units = records.reduce((sum, record) => sum + record.task_run.num_tasks, 0);
  await logEvent(
    input.run.dir,
    `close: ${input.status}${input.error === null ? '' : `, ${input.error.type}: ${input.error.message}`}`,
    input.status === 'done' ? 'INFO' : 'ERROR',
  );
  return { ...reference, images: input.images.count, units };
};
