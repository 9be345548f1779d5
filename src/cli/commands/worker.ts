/** `worker`: only the named workers, for a server elsewhere. */
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { Argument, type Command, Option } from 'commander';
import type { Environment } from '../../server/folders.js';
import { activityTaskQueue, WORKFLOW_TASK_QUEUE } from '../../wire/names.js';
import type { BackendOptions } from '../backends.js';
import { backendNames, isBackendName } from '../../executors/names.js';
import { UsageError } from '../exit-codes.js';
import { type Io, tell, type ServerOptions } from '../io.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { addServiceOptions, asService, serveWorkers, type ServiceOptions } from '../service.js';
import { unlessAborted } from '../signals.js';
import { requireTarget } from '../target.js';

interface WorkerOptions extends ServerOptions, BackendOptions, ServiceOptions {
  taskQueue?: string;
  deploymentName?: string;
  buildId?: string;
  users?: string;
  supervised?: boolean;
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

/** Of the workflow worker's deployment, as options or as Temporal's own variables say; undefined: not versioned. */
export const deploymentOf = (
  { deploymentName, buildId }: Pick<WorkerOptions, 'deploymentName' | 'buildId'>,
  env: Environment,
  hasWorkflow: boolean,
): WorkerDeploymentVersion | undefined => {
  if (!hasWorkflow) {
    if (deploymentName === undefined && buildId === undefined) return undefined;
    throw new UsageError('--deployment-name and --build-id are of the `workflow` worker only; name it, too.');
  }
  const name = deploymentName ?? env['TEMPORAL_DEPLOYMENT_NAME'] ?? '';
  const id = buildId ?? env['TEMPORAL_WORKER_BUILD_ID'] ?? '';
  if (name === '' && id === '') return undefined;
  if (name === '' || id === '') {
    const [there, missing] =
      id === '' ? ['deployment name', '--build-id'] : ['build id', '--deployment-name'];
    throw new UsageError(
      `A versioned worker has a deployment name and a build id; there is only the ${there}: give ${missing}.`,
    );
  }
  return { deploymentName: name, buildId: id };
};

/** The workers of cluster users have queues and configurations of their own. */
const checkAlone = (option: string, kinds: readonly string[], options: WorkerOptions): void => {
  if (kinds.join() !== 'slurm' || options.taskQueue !== undefined || options.slurmConfig !== undefined)
    throw new UsageError(
      `${option} goes with \`worker slurm\` alone, without --task-queue and --slurm-config: the file of users has them.`,
    );
};

const workerCommand = async (io: Io, kinds: string[], options: WorkerOptions): Promise<void> => {
  const { users } = options;
  if (options.supervised === true) {
    checkAlone('--supervised', kinds, options);
    const { supervisedCommand } = await import('../supervised.js');
    return supervisedCommand(io, options.verbose === true);
  }
  if (users !== undefined) {
    checkAlone('--users', kinds, options);
    const { superviseCommand } = await import('../supervise.js');
    return superviseCommand(io, { ...options, users });
  }
  const { workflowQueue, backends } = planQueues(kinds, options.taskQueue);
  const deployment = deploymentOf(options, io.env, workflowQueue !== null);
  await asService(io, options, async (service) => {
    const target = await unlessAborted(requireTarget(io, options), service.signal);
    if (target === null) return;
    const spec = { workflowQueue, deployment, backends, options, env: io.env, logger: service.logger };
    await serveWorkers(service, target, spec, () => {
      const queues = [
        ...(workflowQueue === null ? [] : [workflowQueue]),
        ...backends.map(({ queue }) => queue),
      ];
      tell(io, `Ready: workers on ${queues.join(', ')} at ${target.connection.address}. Ctrl-C ends them.`);
    });
  });
};

export const registerWorker = (program: Command, io: Io): void => {
  const command = program
    .command('worker')
    .description('only these workers, for a server elsewhere; Ctrl-C ends them, batches go on')
    .addArgument(new Argument('<queues...>', 'which workers').choices([WORKFLOW, ...backendNames]))
    .option('--task-queue <name>', 'another queue than the usual one')
    .option(
      '--deployment-name <name>',
      'of a versioned workflow worker (default: TEMPORAL_DEPLOYMENT_NAME, else not versioned)',
    )
    .option('--build-id <id>', 'its version (default: TEMPORAL_WORKER_BUILD_ID)')
    .option(
      '--users <file>',
      'of `worker slurm`: a worker for each of these cluster users, as that user, on demand (schemas/users.schema.json)',
    )
    .addOption(new Option('--supervised', 'a worker that `--users` has started').hideHelp());
  addServiceOptions(addBackendOptions(addServerOptions(command))).action(
    (kinds: string[], options: WorkerOptions) => workerCommand(io, kinds, options),
  );
};
