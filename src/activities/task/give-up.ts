/** `giveUp`: writes down which failed units the operator skips; refused in words, with nothing changed. */
import { publishState } from '../../state/files.js';
import { givenUpPath } from '../../state/paths.js';
import { logEvent } from '../../state/run-log.js';
import { readRequest, taskAt } from '../../state/stored-request.js';
import { indicesInWords } from '../../outcomes/retry.js';
import type { GivenUpUnits, GiveUpInput } from '../../wire/held.js';
import { titleInWorkflow } from '../../wire/task-title.js';
import type { StepDependencies } from '../dependencies.js';
import { chooseUnits } from './choose-units.js';
import { countHeld, readGivenUp, type GivenUpFile } from './held-units.js';
import { layeredUnits } from './layers.js';
import { openStageOf, stagesOf } from './stages.js';

/** @throws UpdateRefused with the reason. */
export const giveUp = async (input: GiveUpInput, deps: StepDependencies): Promise<GivenUpUnits> => {
  const { run, position, generation, units } = input;
  const request = await readRequest(run.request);
  const open = openStageOf(await stagesOf(input, request, deps.backend.lateFilesMs));
  const before = await readGivenUp(input.given_up);
  const chosen = (await chooseUnits(open, { units, givenUp: before })).flat().map(({ index }) => index);
  const all = [...before, ...chosen].sort((left, right) => left - right);
  const content: GivenUpFile = { stage: open.stage, units: all };
  const file = await publishState(givenUpPath(run.dir, position, generation), [
    JSON.stringify(content),
    '\n',
  ]);
  const held = countHeld(open.stage, new Set(all));
  for await (const batch of layeredUnits(open.sources)) held.add(batch.units);
  const task = taskAt(request, position);
  await logEvent(
    run.dir,
    `skip: task ${task.order} "${titleInWorkflow(task)}": units ${indicesInWords(chosen)} are given up`,
  );
  await deps.events(run.dir).tell([
    {
      event: 'units_given_up',
      ...{
        task_index: position,
        generation,
        component: open.sources[0].plan.component,
        units: chosen.length,
      },
    },
  ]);
  return { given_up: { file, units: all.length }, units: chosen.length, left: held.counted() };
};
