/** `worker`: only the named workers, for a server elsewhere. */
import { Argument, type Command } from 'commander';
import { activityTaskQueue, WORKFLOW_TASK_QUEUE } from '../../wire/names.js';
import { type BackendOptions } from '../backends.js';
import { backendNames, isBackendName } from '../../executors/names.js';
import { UsageError } from '../exit-codes.js';
import { type Io, print, type ServerOptions } from '../io.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { addMonitorOption, asService, serveWorkers, type ServiceOptions } from '../service.js';
import { unlessAborted } from '../signals.js';
import { requireTarget } from '../target.js';

interface WorkerOptions extends ServerOptions, BackendOptions, ServiceOptions {
  taskQueue?: string;
}

const WORKFLOW = 'workflow';

/** Which worker gets which queue: `--task-queue` names that of the one backend, or of a lone workflow worker. */
export const planQueues = (
  kinds: readonly string[],
  taskQueue: string | undefined,
): { workflowQueue: string | null; backends: { name: string; queue: string }[] } => {
  const names = [...new Set(kinds)].filter(isBackendName);
  const hasWorkflow = kinds.includes(WORKFLOW);
  if (taskQueue !== undefined && names.length > 1) {
    throw new UsageError('--task-queue can name the queue of one backend only; start a process for each.');
  }
  const workflowQueue = taskQueue !== undefined && names.length === 0 ? taskQueue : WORKFLOW_TASK_QUEUE;
  return {
    workflowQueue: hasWorkflow ? workflowQueue : null,
    backends: names.map((name) => ({ name, queue: taskQueue ?? activityTaskQueue(name) })),
  };
};

const workerCommand = async (io: Io, kinds: string[], options: WorkerOptions): Promise<void> => {
  const { workflowQueue, backends } = planQueues(kinds, options.taskQueue);
  await asService(io, options, async (service) => {
    const target = await unlessAborted(requireTarget(io, options), service.signal);
    if (target === null) return;
    const spec = { workflowQueue, backends, options, env: io.env, logger: service.logger };
    await serveWorkers(service, target, spec, () => {
      const queues = [
        ...(workflowQueue === null ? [] : [workflowQueue]),
        ...backends.map(({ queue }) => queue),
      ];
      print(io, `Ready: workers on ${queues.join(', ')} at ${target.connection.address}. Ctrl-C ends them.`);
    });
  });
};

export const registerWorker = (program: Command, io: Io): void => {
  const command = program
    .command('worker')
    .description('only these workers, for a server elsewhere; Ctrl-C ends them, batches go on')
    .addArgument(new Argument('<queues...>', 'which workers').choices([WORKFLOW, ...backendNames]))
    .option('--task-queue <name>', 'another queue than the usual one');
  addMonitorOption(addBackendOptions(addServerOptions(command))).action(
    (kinds: string[], options: WorkerOptions) => workerCommand(io, kinds, options),
  );
};
