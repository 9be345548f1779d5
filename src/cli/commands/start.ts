/** `start`: start or join a run without waiting. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import {
  connectClient,
  isEnded,
  type Queue,
  startProcessWorkflow,
  unpolledQueues,
  WORKFLOW_TASK_QUEUE,
} from '../../client/index.js';
import { type Io, print, say, type ServerOptions } from '../io.js';
import { addServerOptions } from '../options.js';
import { cannotAskLine, noWorkerLines, queuesOf, unknownBackendLine } from '../../report/no-worker.js';
import { readRequest } from '../request-file.js';
import { requireTargetOfRun } from '../target.js';
import { NO_WORKER_LOOK_MS } from '../tunables.js';
import { runUrl } from '../web-ui.js';

interface StartOptions extends ServerOptions {
  workflowId?: string;
  taskQueue: string;
}

/** A worker that has just started is seen at its queue after a moment. */
const looks = [0, NO_WORKER_LOOK_MS, NO_WORKER_LOOK_MS];

const warnOfNoWorker = async (io: Io, client: Client, queues: Queue[], backend: string): Promise<void> => {
  let unpolled: Queue[] = queues;
  for (const wait of looks) {
    await sleep(wait);
    unpolled = await unpolledQueues(client, queues);
    if (unpolled.length === 0) return;
  }
  for (const line of await noWorkerLines(client, unpolled)) say(io, line);
  const unknown = unpolled.some(({ type }) => type === 'activity') ? unknownBackendLine(backend) : null;
  if (unknown !== null) say(io, unknown);
};

const startCommand = async (io: Io, path: string, options: StartOptions): Promise<void> => {
  const { input, request, runDir, warnings } = await readRequest(path, options, io.env);
  for (const warning of warnings) say(io, `Warning: ${warning}`);
  const target = await requireTargetOfRun(io, options, runDir);
  const { client, close } = await connectClient(target);
  try {
    const { workflowId, taskQueue } = options;
    const run = await startProcessWorkflow(client, input, {
      taskQueue,
      ...(workflowId !== undefined && { workflowId }),
    });
    say(io, `${run.joined ? 'Already there' : 'Started'}${runUrl(target, run.workflowId)}`);
    print(io, run.workflowId);
    if (run.joined && isEnded((await run.progress()).state)) return;
    const queues = queuesOf(options.taskQueue, request.activity_task_queue);
    // The run is there, whatever becomes of this question.
    await warnOfNoWorker(io, client, queues, request.backend).catch((error: unknown) =>
      say(io, cannotAskLine(error)),
    );
  } finally {
    await close();
  }
};

export const registerStart = (program: Command, io: Io): void => {
  const command = program
    .command('start')
    .description('start a run without waiting; prints its id')
    .argument('<request>', 'JSON file of the request; - reads stdin')
    .option('--workflow-id <id>', "default: from the workflow's name and the run's directory")
    .option('--task-queue <name>', 'queue of the workflow worker', WORKFLOW_TASK_QUEUE);
  addServerOptions(command).action((request: string, options: StartOptions) =>
    startCommand(io, request, options),
  );
};
