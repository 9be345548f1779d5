/** `closeRun`: writes `result.json`, always, from the records of the tasks (docs/result.md). */
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutStatus } from '../../images/status.js';
import { StateCorrupt, StorageFailed } from '../../state/errors.js';
import { recordEnd } from '../../state/ended.js';
import { readState, replaceFile } from '../../state/files.js';
import { lines, parseLines } from '../../state/json-lines.js';
import { resultPath } from '../../state/paths.js';
import { WRITE_CHUNK_CHARACTERS } from '../../state/tunables.js';
import type { CloseRunInput } from '../../wire/activities.js';
import type { FileReference, ResultReference } from '../../wire/failure.js';
import type { Image } from '../../wire/request.js';
import type { RunResult } from '../../wire/result.js';
import type { StepDependencies } from '../dependencies.js';
import { withJobReports } from './finished-jobs.js';
import { logEvent } from '../../state/run-log.js';
import type { TaskRecordReference } from '../task/task-record.js';
import { aside } from '../turns.js';
import { LATE_FILE_LOOK_MS, PERMANENT_PATIENCE_MS } from '../tunables.js';

/** The members of a JSON array whose elements stand one a line, in pieces of many: no element is parsed. */
function* joined(bytes: Buffer): Generator<string> {
  let piece = '';
  let separator = '';
  for (const line of lines(bytes)) {
    piece += separator + line;
    separator = ',\n';
    if (piece.length < WRITE_CHUNK_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** Images whose status was filtered by carry it as an attribute, which nobody outside of the run knows of. */
function* joinedImages(bytes: Buffer): Generator<string> {
  let separator = '';
  for (const image of parseLines<Image>(bytes)) {
    yield separator + JSON.stringify(withoutStatus(image));
    separator = ',\n';
  }
}

interface Closing {
  runDir: string;
  /** Until when (epoch ms) what can never be read is looked at. */
  patientUntil: number;
}

/**
 * What was damaged or removed since it was written is said in the log and left out; the rest of the result is kept. A
 * shared folder may show a file late, so that one that is not there is looked for again.
 */
const unlessDamaged = async <T>(
  { runDir, patientUntil }: Closing,
  what: string,
  read: () => Promise<T>,
): Promise<T | null> => {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      const isGone = error instanceof StorageFailed && error.isPermanent;
      if (!isGone && !(error instanceof StateCorrupt)) throw error;
      if (!isGone || Date.now() >= patientUntil) {
        await logEvent(runDir, `close: ${what} left out of result.json: ${error.message}`, 'ERROR');
        return null;
      }
    }
    await aside(() => sleep(LATE_FILE_LOOK_MS));
  }
};

const readRecord = (closing: Closing, reference: FileReference): Promise<TaskRecordReference | null> =>
  unlessDamaged(
    closing,
    'a task is',
    async () => JSON.parse((await readState(reference)).toString('utf8')) as TaskRecordReference,
  );

/** Each list is read when its place has come: a run may have many tasks of 100,000 units. */
async function* resultText(
  input: CloseRunInput,
  records: TaskRecordReference[],
  closing: Closing,
): AsyncGenerator<string> {
  const head: Pick<RunResult, 'status' | 'error'> = { status: input.status, error: input.error };
  yield `{"status":${JSON.stringify(head.status)},"error":${JSON.stringify(head.error)},"images":[\n`;
  const images = await readState(input.images);
  if (input.run.filters_by_status === true) yield* joinedImages(images);
  else yield* joined(images);
  yield `],\n"type_filters":${JSON.stringify(input.type_filters)},"task_runs":[`;
  for (const [index, { task_run: taskRun, units }] of records.entries()) {
    yield `${index === 0 ? '' : ','}\n${JSON.stringify(taskRun).slice(0, -1)},"units":[\n`;
    const read = await unlessDamaged(closing, 'units are', () => readState(units));
    if (read !== null) yield* joined(read);
    yield ']}';
  }
  yield `],\n"workflow_id":${JSON.stringify(input.run.workflow_id)},"run_id":${JSON.stringify(input.run_id)},`;
  yield `"workflow_dir":${JSON.stringify(input.run.dir)}}\n`;
}

/** @throws StateCorrupt, StorageFailed for what it reads and writes. */
export const closeRun = async (input: CloseRunInput, deps: StepDependencies): Promise<ResultReference> => {
  const { dir } = input.run;
  const patientUntil = Date.now() + (deps.permanentPatienceMs ?? PERMANENT_PATIENCE_MS);
  const closing = { runDir: dir, patientUntil };
  const read = await Promise.all(input.records.map((reference) => readRecord(closing, reference)));
  const records = await withJobReports(
    read.filter((record) => record !== null),
    deps.backend,
  );
  const reference = await replaceFile(resultPath(dir), resultText(input, records, closing), true);
  await recordEnd(input.run, input.status);
  const units = records.reduce((sum, record) => sum + record.task_run.num_tasks, 0);
  await logEvent(
    input.run.dir,
    `close: ${input.status}${input.error === null ? '' : `, ${input.error.type}: ${input.error.message}`}`,
    input.status === 'done' ? 'INFO' : 'ERROR',
  );
  const error = input.error === null ? null : { type: input.error.type, message: input.error.message };
  const result_file = relative(dir, resultPath(dir));
  await deps
    .events(dir)
    .tell([{ event: 'run_closed', status: input.status, error, result_file }], { durable: true });
  return { ...reference, images: input.images.count, units };
};
