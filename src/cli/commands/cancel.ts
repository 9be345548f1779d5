/** `cancel`: ask for a run's cancellation, and wait for it on demand. */
import type { Command } from 'commander';
import { connectClient, getRun, RunCancelledError, WORKFLOW_TASK_QUEUE } from '../../client/index.js';
import type { Client } from '@temporalio/client';
import { type BackendOptions } from '../backends.js';
import { type Io, say, type ServerOptions } from '../io.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { openSession } from '../session.js';
import { existingTarget, hasPrivateServer, nameRun, requireTarget } from '../target.js';
import { storedRequest } from '../stored-request.js';

interface CancelOptions extends ServerOptions, BackendOptions {
  wait?: boolean;
}

const waitUntilCancelled = async (io: Io, client: Client, workflowId: string): Promise<void> => {
  try {
    await getRun(client, workflowId).reference();
    say(io, `Run ${workflowId} was done before the cancellation reached it.`);
  } catch (error) {
    if (!(error instanceof RunCancelledError)) throw error;
    const partial = error.result === null ? '' : ` Its partial result: ${error.result.path}`;
    say(io, `Run ${workflowId} is cancelled: nothing of it runs any more.${partial}`);
  }
};

const cancelOn = async (io: Io, client: Client, workflowId: string, wait: boolean): Promise<void> => {
  const run = getRun(client, workflowId);
  const { status } = await run.temporal.describe();
  if (status.name !== 'RUNNING') {
    say(io, `Run ${workflowId} has ended already: ${status.name.toLowerCase()}.`);
    return;
  }
  await run.cancel();
  if (wait) await waitUntilCancelled(io, client, workflowId);
  else
    say(
      io,
      `Cancellation of ${workflowId} is on its way: its batches are stopped, then the run ends as cancelled.`,
    );
};

/** A private server that sleeps in the run's directory is woken, with its workers: they do the stopping. */
const cancelPrivate = async (
  io: Io,
  runDir: string,
  workflowId: string,
  options: CancelOptions,
): Promise<void> => {
  const { backend, activity_task_queue: activityQueue } = await storedRequest(runDir);
  const place = { runDir, backend, activityQueue, workflowQueue: WORKFLOW_TASK_QUEUE };
  const session = await openSession(io, place, options);
  try {
    await cancelOn(io, session.client, workflowId, true);
  } finally {
    await session.close();
  }
};

const cancelCommand = async (io: Io, id: string, options: CancelOptions): Promise<void> => {
  const { workflowId, runDir } = await nameRun(id);
  if (runDir !== null && hasPrivateServer(runDir) && (await existingTarget(io, options, runDir)) === null) {
    await cancelPrivate(io, runDir, workflowId, options);
    return;
  }
  const { client, close } = await connectClient(await requireTarget(io, options, runDir));
  try {
    await cancelOn(io, client, workflowId, options.wait === true);
  } finally {
    await close();
  }
};

export const registerCancel = (program: Command, io: Io): void => {
  const command = program
    .command('cancel')
    .description('stop a run: its batches are ended, what is done is kept')
    .argument('<id>', 'workflow id, or the directory of a run')
    .option('--wait', 'until nothing of it runs any more');
  addBackendOptions(addServerOptions(command)).action((id: string, options: CancelOptions) =>
    cancelCommand(io, id, options),
  );
};
