/** What `run` works with: a server, and where that is a private one the workers too. */
import type { DataConverter } from '@temporalio/common';
import type { Logger } from 'pino';
import { connectClient, type ConnectedClient, InvalidRequestError } from '../client/index.js';
import { dataConverterOf } from '../encryption/options.js';
import { embeddedTarget, type ServerTarget } from '../server/address.js';
import { findServerBinary } from '../server/binary.js';
import { acquireUpServer, UpAlreadyRunning, type UpServer } from '../server/up-server.js';
import { makeInnerFolder } from '../state/folders.js';
import { type BackendOptions } from './backends.js';
import { type Io, say, type ServerOptions } from './io.js';
import { createLogger, installRuntime } from './logging.js';
import { privateHome, targetOfRun } from './target.js';
import { type RunningWorkers, startWorkers } from './workers.js';

/**
 * `close` leaves the client's connection open: a call that is under way when it closes (the wait for the run's end)
 * would be tried again on the closed channel, and that throws where nobody can catch it. The process ends anyway.
 */
export interface Session extends ConnectedClient {
  target: ServerTarget;
  /** Restarts a private server that has died; does nothing for others. */
  revive(): Promise<void>;
}

export interface SessionOptions extends ServerOptions, BackendOptions {
  taskQueue?: string;
}

/** The run that a private server is for. */
export interface RunPlace {
  runDir: string;
  backend: string;
  activityQueue: string;
  workflowQueue: string;
}

const acquirePrivate = async (
  io: Io,
  home: string,
  dataConverter: DataConverter,
): Promise<UpServer | ServerTarget> => {
  try {
    return await acquireUpServer({
      home,
      isPrivate: true,
      say: (line) => say(io, line),
      findBinary: () => findServerBinary({ env: io.env, say: (line) => say(io, line) }),
    });
  } catch (error) {
    if (!(error instanceof UpAlreadyRunning)) throw error;
    // Another `run` of the same directory: it has the workers too, so this one only joins.
    const { address, ui_address: uiAddress, namespace } = error.state;
    return embeddedTarget({ address, uiAddress, namespace }, 'private', home, dataConverter);
  }
};

const makeRunDir = async (runDir: string): Promise<void> => {
  try {
    await makeInnerFolder(privateHome(runDir));
  } catch (error) {
    const got = `${runDir} (${error instanceof Error ? error.message : String(error)})`;
    throw new InvalidRequestError(
      [{ path: '/workflow_dir_local', expected: 'a folder that can be written', got }],
      '',
    );
  }
};

/** A session on a server that others look after. */
const joinSession = async (target: ServerTarget): Promise<Session> => {
  const nothing = (): Promise<void> => Promise.resolve();
  return { ...(await connectClient(target)), target, revive: nothing, close: nothing };
};

const openPrivate = async (
  io: Io,
  place: RunPlace,
  options: SessionOptions,
  logger: Logger,
): Promise<Session> => {
  await makeRunDir(place.runDir);
  const dataConverter = dataConverterOf(options, io.env);
  const server = await acquirePrivate(io, privateHome(place.runDir), dataConverter);
  if (!('stop' in server)) return joinSession(server);
  let workers: RunningWorkers | null = null;
  try {
    const target = embeddedTarget(server, 'private', privateHome(place.runDir), dataConverter);
    say(io, `Temporal server for this run: ${server.address}, Web UI ${server.uiAddress}`);
    installRuntime(logger, options.verbose === true);
    workers = await startWorkers(target, {
      workflowQueue: place.workflowQueue,
      backends: [{ name: place.backend, queue: place.activityQueue }],
      ...{ options, env: io.env, logger },
    });
    const connected = await connectClient(target);
    const running = workers;
    return {
      ...connected,
      target,
      revive: async () => {
        await server.revive();
      },
      close: async () => {
        await running.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await workers?.stop();
    await server.stop();
    throw error;
  }
};

/**
 * A client on the server to use; a private server and its workers are started where there is none.
 *
 * @throws NoServer, OtherServer, NoServerBinary, ServerStartFailed.
 */
export const openSession = async (io: Io, place: RunPlace, options: SessionOptions): Promise<Session> => {
  const target = await targetOfRun(io, options, place.runDir);
  if (target === null) return openPrivate(io, place, options, createLogger(options.verbose === true));
  return joinSession(target);
};
