/** `start`: start or join a run without waiting. */
import type { Command } from 'commander';
import { connectClient, startProcessWorkflow, WORKFLOW_TASK_QUEUE } from '../../client/index.js';
import { type Io, print, say, type ServerOptions } from '../io.js';
import { addServerOptions } from '../options.js';
import { readRequest } from '../request-file.js';
import { requireTarget } from '../target.js';
import { runUrl } from '../web-ui.js';

interface StartOptions extends ServerOptions {
  workflowId?: string;
  taskQueue: string;
}

const startCommand = async (io: Io, path: string, options: StartOptions): Promise<void> => {
  const { input, workflowId } = await readRequest(path, options.workflowId);
  const target = await requireTarget(io, options);
  const { client, close } = await connectClient(target);
  try {
    const run = await startProcessWorkflow(client, input, { workflowId, taskQueue: options.taskQueue });
    say(io, `${run.joined ? 'Already there' : 'Started'}${runUrl(target, workflowId)}`);
    print(io, workflowId);
  } finally {
    await close();
  }
};

export const registerStart = (program: Command, io: Io): void => {
  const command = program
    .command('start')
    .description('start a run without waiting; prints its id')
    .argument('<request>', 'JSON file of the request; - reads stdin')
    .option('--workflow-id <id>', 'default: derived from the run directory')
    .option('--task-queue <name>', 'queue of the workflow worker', WORKFLOW_TASK_QUEUE);
  addServerOptions(command).action((request: string, options: StartOptions) =>
    startCommand(io, request, options),
  );
};
