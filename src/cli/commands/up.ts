/** `up`: server and all workers in one process. */
import type { Command } from 'commander';
import { activityTaskQueue, WORKFLOW_TASK_QUEUE } from '../../wire/names.js';
import { dataConverterOf } from '../../encryption/options.js';
import { embeddedTarget, givenTarget, resolveTarget, type ServerTarget } from '../../server/address.js';
import { findServerBinary } from '../../server/binary.js';
import { stateFolder } from '../../server/folders.js';
import { acquireUpServer, type UpServer } from '../../server/up-server.js';
import type { BackendOptions } from '../backends.js';
import { type Io, tell, say, type ServerOptions } from '../io.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { addServiceOptions, asService, serveWorkers, type ServiceOptions } from '../service.js';
import { pause } from '../signals.js';
import { PROGRESS_POLL_MS } from '../tunables.js';
import type { WorkersSpec } from '../workers.js';

interface UpOptions extends ServerOptions, BackendOptions, ServiceOptions {}

const ownServer = (io: Io): Promise<UpServer> =>
  acquireUpServer({
    home: stateFolder(io.env),
    say: (line) => say(io, line),
    findBinary: () => findServerBinary({ env: io.env, say: (line) => say(io, line) }),
  });

/** Rejects when a dead server cannot be started again; never resolves before the end. */
const keepAlive = async (server: UpServer | null, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await pause(PROGRESS_POLL_MS, signal);
    if (!signal.aborted) await server?.revive();
  }
};

const announce = (io: Io, target: ServerTarget, server: UpServer | null, spec: WorkersSpec): void => {
  const how = server === null ? 'given' : server.adopted ? 'was running already' : 'started';
  tell(io, `Temporal server: ${target.connection.address} (${how})`);
  if (target.uiAddress !== null) tell(io, `Web UI: ${target.uiAddress}`);
  const queues = [WORKFLOW_TASK_QUEUE, ...spec.backends.map(({ queue }) => queue)];
  tell(io, `Workers on the queues: ${queues.join(', ')}`);
  tell(io, 'Ready. Ctrl-C ends it; runs are kept and go on with the next `up`.');
};

const upCommand = (io: Io, options: UpOptions): Promise<void> =>
  asService(io, options, async (service) => {
    const { logger, signal } = service;
    const dataConverter = dataConverterOf(options, io.env);
    const given = givenTarget(options, io.env) === null ? null : await resolveTarget(options, io.env);
    const server = given === null ? await ownServer(io) : null;
    try {
      const target = given ?? embeddedTarget(server as UpServer, 'up', stateFolder(io.env), dataConverter);
      const names = options.slurmConfig === undefined ? ['local'] : ['local', 'slurm'];
      const spec = {
        workflowQueue: WORKFLOW_TASK_QUEUE,
        backends: names.map((name) => ({ name, queue: activityTaskQueue(name) })),
        ...{ options, env: io.env, logger },
      };
      const ready = (): void => {
        announce(io, target, server, spec);
      };
      await serveWorkers(service, target, spec, ready, [keepAlive(server, signal)]);
    } finally {
      await server?.stop();
    }
  });

export const registerUp = (program: Command, io: Io): void => {
  const command = program
    .command('up')
    .description(
      'Temporal server (unless an address is given) and all workers in one process; Ctrl-C ends it',
    );
  addServiceOptions(addBackendOptions(addServerOptions(command))).action((options: UpOptions) =>
    upCommand(io, options),
  );
};
