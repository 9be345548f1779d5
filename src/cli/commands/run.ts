/** `run`: start or join a run, wait for it, hand over its result. */
import type { Command } from 'commander';
import { type Queue, startProcessWorkflow, WORKFLOW_TASK_QUEUE } from '../../client/index.js';
import { Detached, exitCode } from '../exit-codes.js';
import { followRun } from '../follow.js';
import { type Io, say } from '../io.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { type CheckedRequest, readRequest } from '../request-file.js';
import { openSession, type Session, type SessionOptions } from '../session.js';
import { listenForInterrupts } from '../signals.js';
import { runUrl } from '../web-ui.js';

interface RunOptions extends SessionOptions {
  result?: string;
  workflowId?: string;
}

/** The queues whose workers a run needs. */
export const queuesOf = ({ request }: CheckedRequest, taskQueue: string | undefined): Queue[] => [
  { name: taskQueue ?? WORKFLOW_TASK_QUEUE, type: 'workflow' },
  { name: request.activity_task_queue, type: 'activity' },
];

/** What to say when Ctrl-C leaves a run that goes on. */
const detachedLines = ({ target }: Session, requestPath: string, checked: CheckedRequest): string[] => {
  const isPrivate = target.origin === 'private';
  const name = isPrivate ? checked.runDir : checked.workflowId;
  return [
    isPrivate
      ? `Detached from run ${checked.workflowId}: what is running in its batches goes on, the next tasks wait for you.`
      : `Detached from run ${checked.workflowId}; it goes on.`,
    `  come back: fractal-temporal run ${requestPath === '-' ? 'REQUEST.json' : requestPath}`,
    `  cancel it: fractal-temporal cancel ${name}`,
  ];
};

export const runCommand = async (io: Io, requestPath: string, options: RunOptions): Promise<void> => {
  const checked = await readRequest(requestPath, options.workflowId);
  const { request, input, runDir, workflowId } = checked;
  const interrupts = listenForInterrupts(exitCode.detached, () =>
    say(io, 'leaving ... (Ctrl-C again: at once)'),
  );
  try {
    const queues = queuesOf(checked, options.taskQueue);
    const session = await openSession(
      io,
      {
        runDir,
        backend: request.backend,
        activityQueue: request.activity_task_queue,
        workflowQueue: options.taskQueue ?? WORKFLOW_TASK_QUEUE,
      },
      options,
    );
    try {
      const start = { workflowId, ...(options.taskQueue !== undefined && { taskQueue: options.taskQueue }) };
      const run = await startProcessWorkflow(session.client, input, start);
      say(io, `${run.joined ? 'Joined' : 'Started'} run ${workflowId}${runUrl(session.target, workflowId)}`);
      await followRun(io, { session, run, queues, resultFile: options.result, signal: interrupts.signal });
    } catch (error) {
      if (error instanceof Detached)
        for (const line of detachedLines(session, requestPath, checked)) say(io, line);
      throw error;
    } finally {
      await session.close();
    }
  } finally {
    interrupts.dispose();
  }
};

export const registerRun = (program: Command, io: Io): void => {
  const command = program
    .command('run')
    .description('start a run, or join the one that the same request has, and wait for its result')
    .argument('<request>', 'JSON file of the request; - reads stdin')
    .option('--result <file>', 'write the result there instead of to stdout')
    .option('--workflow-id <id>', 'default: derived from the run directory')
    .option('--task-queue <name>', 'queue of the workflow worker', WORKFLOW_TASK_QUEUE);
  addBackendOptions(addServerOptions(command)).action((request: string, options: RunOptions) =>
    runCommand(io, request, options),
  );
};
