/** A session on a private server: server and workers for the time of one run. */
import type { DataConverter } from '@temporalio/common';
import { connectClient, InvalidRequestError } from '../client/index.js';
import { dataConverterOf } from '../encryption/options.js';
import { embeddedTarget, type ServerTarget } from '../server/address.js';
import { findServerBinary } from '../server/binary.js';
import { acquireUpServer, UpAlreadyRunning, type UpServer } from '../server/up-server.js';
import { makeInnerFolder } from '../state/folders.js';
import { type Io, say } from './io.js';
import { createLogger, installRuntime } from './logging.js';
import { joinSession, type RunPlace, type Session, type SessionOptions } from './session.js';
import { privateHome } from './target.js';
import { type RunningWorkers, startWorkers } from './workers.js';

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

/** Starts the server and the workers of one run; joins those of another `run` of the same directory. */
export const openPrivate = async (io: Io, place: RunPlace, options: SessionOptions): Promise<Session> => {
  const logger = createLogger(options.verbose === true);
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
