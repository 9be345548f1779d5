/** `cancelRun`: asks the server to cancel the run, since a workflow cannot cancel itself. */
import { Context } from '@temporalio/activity';
import type { CancelRunInput } from '../../wire/activities.js';

/** Resolves when the server has taken the request; of a run that has ended nothing is cancelled. */
export const cancelRun = async ({ workflow_id, first_run_id }: CancelRunInput): Promise<void> => {
  const { workflow } = Context.current().client;
  // Another run may have the id by now.
  await workflow.getHandle(workflow_id, undefined, { firstExecutionRunId: first_run_id }).cancel();
};
