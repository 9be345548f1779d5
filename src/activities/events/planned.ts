/** Tells what was planned: the units of a stage as a file for everybody, and the line that names it. */
import { join } from 'node:path';
import { parseUnits, type BatchUnit } from '../../batch/units-file.js';
import type { EventLog } from '../../events/log.js';
import { keyOfEvent } from '../../events/known.js';
import { readState, replaceFile } from '../../state/files.js';
import { formatLines } from '../../state/json-lines.js';
import type { PlanFile } from '../../state/plan-file.js';
import type { PlannedUnitLine, TaskPlanned, UnitsPlanned } from '../../wire/events.js';
import type { JsonObject } from '../../wire/request.js';
import { aliasOf } from '../../wire/task-title.js';
import { forPeople } from '../task/for-people.js';
import { generationOf, logOf, plannedName, within } from './names.js';

const isText = (value: unknown): value is string => typeof value === 'string';

/** A single or init part is given all of its images, a converter's none; others one each. */
const urlsOf = ({ zarr_url: one, zarr_urls: many }: JsonObject): string[] => {
  if (isText(one)) return [one];
  return Array.isArray(many) ? many.filter(isText) : [];
};

const lineOf = (runDir: string, plan: PlanFile, { index, stem, args }: BatchUnit): PlannedUnitLine => ({
  index,
  component: plan.component,
  zarr_urls: urlsOf(args),
  log_file: within(runDir, logOf(plan.task_dir, stem)),
});

/** Read from the units' own files, which hold whoever's plan was adopted; one batch after the other. */
const plannedLines = async function* (runDir: string, plan: PlanFile): AsyncGenerator<string> {
  for (const { units } of plan.batches) {
    const planned = parseUnits((await readState(units)).toString('utf8'));
    yield [...formatLines(planned.map((unit) => lineOf(runDir, plan, unit)))].join('');
  }
};

/**
 * @param available counts the images that the task may choose from; asked only when the task is told to be planned.
 * @throws StorageFailed, StateCorrupt for what it reads and writes.
 */
export const tellPlan = async (
  log: EventLog,
  runDir: string,
  plan: PlanFile,
  available: (() => Promise<number>) | null,
): Promise<void> => {
  const file = join(plan.task_dir, plannedName(plan));
  const of = { task_index: plan.position, generation: generationOf(plan) };
  const planned: UnitsPlanned = {
    event: 'units_planned',
    ...of,
    component: plan.component,
    units: plan.units,
    batches: plan.batches.length,
    file: within(runDir, file),
  };
  if ((await log.known()).has(keyOfEvent(planned), planned)) return;
  const task: TaskPlanned[] =
    available === null
      ? []
      : [
          {
            event: 'task_planned',
            ...of,
            workflow_task_order: plan.order,
            task_name: plan.task_name,
            ...aliasOf(plan),
            available_images: await available(),
            units: plan.units,
          },
        ];
  // Nobody writes it again once the line that names it is there, so it has to be there for good before.
  await forPeople(plan.task_dir, () => replaceFile(file, plannedLines(runDir, plan), true));
  await log.tell([...task, planned]);
};
