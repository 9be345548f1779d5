/** Writes what is taken over from an earlier run into the directory of the one that continues it. */
import { basename, join } from 'node:path';
import { IMAGE_STATUS_ATTRIBUTE, statusesOf, withStatus, type ImageStatus } from '../../images/status.js';
import { publishTaken, type Continued, type TakenUnit } from '../../state/continued-file.js';
import { copyFileTo, publishState, readIfThere, readState, replaceFile } from '../../state/files.js';
import { formatLines, lines } from '../../state/json-lines.js';
import { recordPath, unitRecordsPath } from '../../state/paths.js';
import { taskTypeTraits } from '../../tasks/task-types.js';
import type { ImagesReference } from '../../wire/stages.js';
import type { TakenTasks } from '../../wire/activities.js';
import type { FileReference } from '../../wire/failure.js';
import type { ProcessWorkflowRequest, WorkflowTask } from '../../wire/request.js';
import type { UnitRecord } from '../../wire/result.js';
import { forPeople } from '../task/for-people.js';
import type { TaskRecordReference } from '../task/task-record.js';
import { within } from './earlier-run.js';
import type { TakeOver } from './take-over.js';

const list = (request: ProcessWorkflowRequest): WorkflowTask[] => request.workflow.task_list;

export const filtersByStatus = ({ job_attribute_filters: filters }: ProcessWorkflowRequest): boolean =>
  Object.hasOwn(filters, IMAGE_STATUS_ATTRIBUTE);

const statusesAt = ({ request, next, tasks }: TakeOver): ReadonlyMap<string, ImageStatus> => {
  const [task, earlier] = [list(request)[next], tasks.get(next)];
  if (task === undefined || earlier === undefined) return new Map();
  return statusesOf(earlier.units, taskTypeTraits[task.task_type].isCompound, earlier.record !== null);
};

const isKept = (unit: { state: string }): unit is TakenUnit =>
  unit.state === 'done' || unit.state === 'interrupted';

/** The records of a task that is done, and the files for people, in the new directory. */
const copyRecord = async (
  { run }: TakeOver,
  dir: string,
  position: number,
  record: TaskRecordReference,
): Promise<{ reference: FileReference; totals: TakenTasks['totals'][number] }> => {
  const units = await readState(within(run, record.units));
  const copy = await publishState(unitRecordsPath(dir, position), [units.toString('utf8')]);
  const statuses = [...lines(units)].map((line) => (JSON.parse(line) as UnitRecord).status);
  const done = statuses.filter((status) => status === 'done').length;
  const folder = join(dir, basename(record.task_dir));
  const { task_run } = record;
  const text = JSON.stringify({ task_dir: folder, task_run, units: copy } satisfies TaskRecordReference);
  const reference = await publishState(recordPath(dir, position), [text, '\n']);
  const task = list(run.request)[position];
  await forPeople(folder, async () => {
    await copyFileTo(copy.path, join(folder, 'units.jsonl'));
    const whole = JSON.stringify({ ...task_run, workflow_task: task }, null, 2);
    await replaceFile(join(folder, 'task_run.json'), [whole, '\n']);
    const last = await readIfThere(join(run.dir, basename(folder), 'images_last_unit.jsonl'));
    if (last !== null) await replaceFile(join(folder, 'images_last_unit.jsonl'), [last]);
  });
  const total = statuses.length;
  return { reference, totals: { status: 'done', done, failed: total - done, total, batches: 0 } };
};

/** Writes what is taken over into the new directory; the decision about it is the caller's to publish. */
export const writeTakeOver = async (taken: TakeOver, dir: string): Promise<Continued> => {
  const { run, request, next } = taken;
  const tasks: TakenTasks = { records: [], totals: [] };
  for (const { position, record } of taken.done) {
    const { reference, totals } = await copyRecord(taken, dir, position, record);
    tasks.records.push(reference);
    tasks.totals.push(totals);
  }
  const images = filtersByStatus(request) ? withStatus(taken.images, statusesAt(taken)) : taken.images;
  const published = await publishTaken(dir, next, 'images', formatLines(images));
  const units: Continued['units'] = {};
  for (const [position, { units: all }] of taken.tasks) {
    const kept = all.filter(isKept);
    if (kept.length === 0) continue;
    units[String(position)] = await publishTaken(dir, position, 'units', formatLines(kept));
  }
  return {
    from: { dir: run.dir, uuid: run.uuid, workflow_id: run.identity.workflow_id },
    next,
    images: { ...published, count: images.length } satisfies ImagesReference,
    output_types: taken.outputTypes,
    ...{ tasks, units, notes: taken.notes },
  };
};
