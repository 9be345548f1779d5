/** `cancel`: ask for a run's cancellation, and wait for it on demand. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import {
  activityQueueOfRun,
  connectClient,
  getRun,
  isEnded,
  type Queue,
  readEndedRun,
  RunCancelledError,
  type RunHandle,
  WORKFLOW_TASK_QUEUE,
} from '../../client/index.js';
import { neverOpened } from '../../client/unopened.js';
import { readIdentity } from '../../state/identity.js';
import { isUnasked, LOST } from '../away.js';
import type { BackendOptions } from '../backends.js';
import { type Io, say, type ServerOptions } from '../io.js';
import { UsageError } from '../exit-codes.js';
import { openSession } from '../open-session.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { noWorkerOf, pausedLine, queuesOf } from '../../report/no-worker.js';
import { stateWord } from '../../report/style.js';
import { createProgressView } from '../progress-view.js';
import { storedRequest } from '../stored-request.js';
import { idOnServer, type NamedRun, nameRun, requireTarget, targetOfRun } from '../target.js';
import { UNBEGUN_CANCEL_MS, UNBEGUN_LOOK_MS } from '../tunables.js';
import { watchRun } from '../watch.js';

interface CancelOptions extends ServerOptions, BackendOptions {
  wait?: boolean;
}

/** While it is waited for, what it waits for is shown as by `run`. */
const waitUntilCancelled = async (io: Io, client: Client, run: RunHandle, queues: Queue[]): Promise<void> => {
  const { workflowId } = run;
  const view = createProgressView(io);
  const ended = new AbortController();
  const watching = watchRun({ client, run, queues, view, signal: ended.signal });
  const end = run.reference().finally(async () => {
    ended.abort();
    await watching;
    view.stop();
  });
  try {
    await end;
    say(io, `Run ${workflowId} was done before the cancellation reached it.`);
  } catch (error) {
    if (!(error instanceof RunCancelledError)) throw error;
    const partial = error.result === null ? '' : ` Its partial result: ${error.result.path}`;
    say(io, `Run ${workflowId} is cancelled: nothing of it runs any more.${partial}`);
  }
};

const sayEnded = (io: Io, workflowId: string, state: string): void =>
  say(io, `Run ${workflowId} has ended already: ${stateWord(state)}.`);

const isLost = (workflowId: string): UsageError =>
  new UsageError(`There is no run ${workflowId} on its server. ${LOST}`);

/** What the server has under the run's id is a start that was refused: the run itself is not there, and had not ended. */
const isOnlyRefused = async (client: Client, run: RunHandle, runDir: string | null): Promise<boolean> =>
  runDir !== null &&
  (await readIdentity(runDir))?.workflow_id === run.workflowId &&
  (await readEndedRun(runDir)) === null &&
  (await neverOpened(client, run.temporal));

/** Nothing of a run that has not begun has to be stopped: whoever is missing for that, it ends without them. */
const endsUnbegun = async (client: Client, run: RunHandle): Promise<boolean> => {
  const deadline = performance.now() + UNBEGUN_CANCEL_MS;
  while (performance.now() < deadline) {
    if (isEnded((await run.temporal.describe()).status.name)) return neverOpened(client, run.temporal);
    await sleep(UNBEGUN_LOOK_MS);
  }
  return false;
};

const cancelOn = async (
  io: Io,
  client: Client,
  named: { workflowId: string; runDir: string | null },
  wait: boolean,
): Promise<void> => {
  const { workflowId } = named;
  const run = getRun(client, workflowId);
  const { status, taskQueue } = await run.temporal.describe();
  if (isEnded(status.name)) {
    if (await isOnlyRefused(client, run, named.runDir)) throw isLost(workflowId);
    sayEnded(io, workflowId, status.name.toLowerCase());
    return;
  }
  await run.cancel();
  if (wait) {
    const activityQueue = await activityQueueOfRun(client, run.temporal);
    const queues = activityQueue === null ? [] : queuesOf(taskQueue, activityQueue);
    await waitUntilCancelled(io, client, run, queues);
    return;
  }
  say(
    io,
    `Cancellation of ${workflowId} is on its way: its batches are stopped, then the run ends as cancelled.`,
  );
  const paused = pausedLine(workflowId, status.name);
  if (paused !== null) say(io, paused);
  const missing = await noWorkerOf(client, run.temporal, taskQueue);
  if (missing.length > 0 && (await endsUnbegun(client, run))) {
    say(io, `Run ${workflowId} is cancelled: it had not begun.`);
    return;
  }
  for (const line of missing) say(io, `${line} The cancellation waits for it.`);
};

/** A private server that sleeps in the run's directory is woken, with its workers: they do the stopping. */
const cancelPrivate = async (
  io: Io,
  runDir: string,
  named: NamedRun,
  options: CancelOptions,
): Promise<void> => {
  const { backend, activity_task_queue: activityQueue } = await storedRequest(runDir);
  const place = { runDir, backend, activityQueue, workflowQueue: WORKFLOW_TASK_QUEUE };
  const session = await openSession(io, place, options);
  try {
    await cancelOn(
      io,
      session.client,
      { ...named, workflowId: await idOnServer(session.client, named) },
      true,
    );
  } finally {
    await session.close();
  }
};

const cancelInDirectory = async (
  io: Io,
  runDir: string,
  named: NamedRun,
  options: CancelOptions,
): Promise<void> => {
  const target = await targetOfRun(io, options, runDir);
  if (target === null) {
    await cancelPrivate(io, runDir, named, options);
    return;
  }
  const { client, close } = await connectClient(target);
  try {
    await cancelOn(
      io,
      client,
      { ...named, workflowId: await idOnServer(client, named) },
      options.wait === true,
    );
  } finally {
    await close();
  }
};

const isNobodyThere = (error: unknown): boolean => isUnasked(error) || error instanceof WorkflowNotFoundError;

const cancelCommand = async (io: Io, id: string, options: CancelOptions): Promise<void> => {
  const named = await nameRun(id);
  const { runDir } = named;
  if (runDir !== null) {
    try {
      await cancelInDirectory(io, runDir, named, options);
    } catch (error) {
      // A run that has ended needs no server to say so.
      const ended = isNobodyThere(error) ? await readEndedRun(runDir) : null;
      if (ended === null && error instanceof WorkflowNotFoundError && (await readIdentity(runDir)) !== null)
        throw isLost(error.workflowId);
      if (ended === null || ended.workflowId !== named.workflowId) throw error;
      sayEnded(io, ended.workflowId, ended.result.status);
    }
    return;
  }
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    await cancelOn(io, client, { workflowId: id, runDir: null }, options.wait === true);
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
