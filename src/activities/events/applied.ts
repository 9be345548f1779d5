/** Tells that a task was applied: first the units of which no line tells yet, then what came of them. */
import { join } from 'node:path';
import { withoutStatus } from '../../images/status.js';
import { keyOfEvent } from '../../events/known.js';
import type { EventLog } from '../../events/log.js';
import { copyFileTo, readState, replaceFile } from '../../state/files.js';
import { formatLines, parseLines } from '../../state/json-lines.js';
import type { AppliedTask } from '../../wire/activities.js';
import type { Held, RunEvent, TaskApplied } from '../../wire/events.js';
import type { FileReference } from '../../wire/failure.js';
import type { RunReference } from '../../wire/stages.js';
import type { Image } from '../../wire/request.js';
import type { StageRounds } from '../task/stages.js';
import { stageUnits } from '../task/stage-units.js';
import { forPeople } from '../task/for-people.js';
import { generationOf, imagesName, within } from './names.js';
import { endedByVerdict } from './unit-ended.js';

/** Units that were never begun, were taken over, or whose batch's worker died before it told of them. */
const untoldUnits = async (log: EventLog, { sources }: StageRounds): Promise<RunEvent[]> => {
  const source = sources.at(-1) ?? sources[0];
  const { plan, run } = source;
  const of = { task_index: plan.position, generation: generationOf(plan), component: plan.component };
  const known = await log.known();
  if (known.isApplied(of) || known.unitsEnded(of) >= plan.units) return [];
  const untold: RunEvent[] = [];
  for await (const { units } of stageUnits(source)) {
    for (const unit of units) {
      const event = endedByVerdict({ runDir: run.dir, plan }, unit);
      if (!known.has(keyOfEvent(event), event)) untold.push(event);
    }
  }
  return untold;
};

/** The image list for everybody; of a run that filters by status without the attribute that nobody else knows of. */
const imagesForPeople = async (
  run: RunReference,
  taskDir: string,
  images: FileReference,
  generation: number,
): Promise<FileReference> => {
  const path = join(taskDir, imagesName(generation));
  let sha256 = images.sha256;
  await forPeople(taskDir, async () => {
    if (run.filters_by_status !== true) return copyFileTo(images.path, path, true);
    const stripped = [...parseLines<Image>(await readState(images))].map(withoutStatus);
    ({ sha256 } = await replaceFile(path, formatLines(stripped), true));
  });
  return { path, sha256 };
};

export interface Applied {
  run: RunReference;
  position: number;
  order: number;
  taskDir: string;
  generation: number;
  rounds: StageRounds[];
  result: AppliedTask;
}

/** @throws StorageFailed, StateCorrupt for what it reads and writes. */
export const tellApplied = async (log: EventLog, applied: Applied): Promise<void> => {
  const { run, taskDir, result, generation } = applied;
  const of = { task_index: applied.position, generation };
  const images = await imagesForPeople(run, taskDir, result.images, generation);
  const untold: RunEvent[] = [];
  for (const rounds of applied.rounds) untold.push(...(await untoldUnits(log, rounds)));
  const task: TaskApplied = {
    event: 'task_applied',
    ...of,
    workflow_task_order: applied.order,
    status: result.status,
    units_done: result.done,
    units_failed: result.failed,
    images_file: within(run.dir, images.path),
    images_sha256: images.sha256,
    images: result.images.count,
    record: within(run.dir, join(taskDir, 'task_run.json')),
    units_file: within(run.dir, join(taskDir, 'units.jsonl')),
  };
  const { hold } = result;
  const stage = applied.rounds.at(-1);
  const held: Held[] =
    hold === undefined || stage === undefined
      ? []
      : [
          {
            event: 'held',
            ...of,
            component: stage.sources[0].plan.component,
            failed_units: hold.open,
            total_units: hold.total,
            reason: hold.shown[0]?.message ?? 'units have failed',
          },
        ];
  await log.tell([...untold, task, ...held]);
};
