/** The run that another one continues. */
import type { ProcessWorkflowActivities } from '../../src/wire/activities.js';
import type { Call, Outcome } from './attempts.js';
import type { Ground } from './ground.js';
import { earlierRequestOf, type Scenario } from './scenarios.js';
import { runWorkflow } from './workflow.js';
import type { Workers } from './workers.js';
import type { World } from './world.js';

const UUID = 'fedcba9876543210fedcba9876543210';

/** Activities that are performed in this way. */
export type ActivitiesOf = (perform: (call: Call) => Promise<Outcome>) => ProcessWorkflowActivities;

/** Runs it, undisturbed, to its end or to the operation at which its server is lost; does nothing where there is none. */
export const runEarlier = async (
  { world, scenario, ground }: { world: World; scenario: Scenario; ground: Ground },
  workers: Workers,
  activitiesOf: ActivitiesOf,
): Promise<void> => {
  const { earlier, usual } = scenario;
  if (earlier === undefined) return;
  let number = -1;
  const perform = async (call: Call): Promise<Outcome> => {
    number += 1;
    const { lostAt } = earlier;
    if (lostAt === undefined || number < lostAt.call) return (await workers.undisturbed(call, usual)).outcome;
    if (number === lostAt.call) {
      await workers.start(call, usual, { kind: 'kill', at: lostAt.operation }).end;
      await ground.nodes.finishAll();
    }
    return { error: new Error('the server is lost') };
  };
  await runWorkflow(earlierRequestOf(scenario, world.folder), UUID, activitiesOf(perform));
  await workers.endAll();
  // It was over long ago: nothing of it waits for the disk.
  world.dirty.clear();
};
