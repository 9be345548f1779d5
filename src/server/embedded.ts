/** The embedded server: `temporal server start-dev` as a child in its own session (docs/server.md). */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import getPort from 'get-port';
import { fileTail } from '../state/file-tail.js';
import { type ProcessIdentity, endProcess, processStart } from './process.js';
import { probe } from './probe.js';
import { keepRunsForWeeks } from './retention.js';
import { startDevArguments } from './start-dev.js';
import { tieToThisProcess } from './tie.js';
import {
  READY_POLL_MS,
  SERVER_LOG_TAIL_LINES,
  SERVER_START_SECONDS,
  SERVER_STOP_SECONDS,
  START_ATTEMPTS,
} from './tunables.js';

export interface EmbeddedServerOptions {
  /** Path of the `temporal` binary (`findServerBinary`). */
  binary: string;
  /** SQLite file, created if missing; null keeps everything in memory. */
  dbFile: string | null;
  /** What the server prints; appended. null drops it. */
  logFile: string | null;
  /** Asked for first; taken ones are replaced by free ones, unless they must be `exact`. */
  ports?: { port: number; uiPort: number; exact?: boolean };
  namespace?: string;
  /** Dynamic configuration of the server beside our own. */
  dynamicConfig?: Record<string, string>;
}

export interface EmbeddedServer {
  process: ProcessIdentity;
  /** `host:port` for Temporal clients. */
  address: string;
  /** `http://...` of the Web UI. */
  uiAddress: string;
  namespace: string;
  /** From now on it outlives this process; until then it ends with it, even by SIGKILL. */
  letGo(): void;
  /** Ends it (SIGTERM, then SIGKILL) and waits until it is gone. Idempotent. */
  stop(): Promise<void>;
}

/** The server did not come up; the message holds the end of what it printed. */
export class ServerStartFailed extends Error {
  override readonly name = 'ServerStartFailed';
}

/** A log lies in a run's directory, perhaps: a link in its place is not followed. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

const serverEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));

const launch = (binary: string, args: string[], logFile: string | null): ChildProcess => {
  if (logFile !== null) mkdirSync(dirname(logFile), { recursive: true });
  const log = logFile === null ? 'ignore' : openSync(logFile, APPEND);
  try {
    // detached = setsid: Ctrl-C in the terminal reaches us alone, and we decide what ends.
    const child = spawn(binary, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: serverEnvironment(),
    });
    child.unref();
    return child;
  } finally {
    if (typeof log === 'number') closeSync(log);
  }
};

const tail = async (logFile: string | null): Promise<string> =>
  logFile === null ? '' : ((await fileTail(logFile, SERVER_LOG_TAIL_LINES)) ?? '');

/** A port that refuses is asked again at once; gRPC would wait a second or more between two attempts. */
const isOpen = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });

/** Resolves to null when it answers and keeps what it is given, to the reason when it ended or never answered. */
const becomesReady = async (
  child: ChildProcess,
  { host, port }: { host: string; port: number },
  namespace: string,
): Promise<string | null> => {
  const state: { ended: string | null } = { ended: null };
  child.once('error', (error) => (state.ended = error.message));
  child.once(
    'exit',
    (code, signal) => (state.ended = `it ended with ${signal ?? `exit code ${String(code)}`}`),
  );
  const deadline = Date.now() + SERVER_START_SECONDS * 1_000;
  let why: string | null = 'its port is closed';
  while (Date.now() < deadline) {
    if (await isOpen(host, port)) {
      const connection = { address: `${host}:${port}` };
      why = (await probe(connection, namespace)) ?? (await keepRunsForWeeks(connection, namespace));
    }
    if (state.ended !== null) return state.ended;
    if (why === null) return null;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  return `no answer within ${SERVER_START_SECONDS} s: ${why}`;
};

const freePorts = async (wanted?: {
  port: number;
  uiPort: number;
}): Promise<{ port: number; uiPort: number }> => {
  const host = '127.0.0.1';
  const port = await getPort({ host, ...(wanted && { port: wanted.port }) });
  return { port, uiPort: await getPort({ host, exclude: [port], ...(wanted && { port: wanted.uiPort }) }) };
};

const attempt = async (options: EmbeddedServerOptions): Promise<EmbeddedServer | string> => {
  const { binary, dbFile, logFile, ports, namespace = 'default', dynamicConfig = {} } = options;
  const { port, uiPort } = ports?.exact === true ? ports : await freePorts(ports);
  if (dbFile !== null) mkdirSync(dirname(dbFile), { recursive: true });
  const child = launch(
    binary,
    startDevArguments({ port, uiPort, dbFile, namespace, dynamicConfig }),
    logFile,
  );
  const untie = tieToThisProcess(child);
  const address = `127.0.0.1:${port}`;
  const problem = await becomesReady(child, { host: '127.0.0.1', port }, namespace);
  const started = child.pid === undefined ? null : await processStart(child.pid);
  if (problem !== null || child.pid === undefined || started === null) {
    if (child.pid !== undefined && started !== null) {
      await endProcess({ pid: child.pid, started }, SERVER_STOP_SECONDS * 1_000);
    }
    untie();
    return problem ?? 'it ended at once';
  }
  const identity = { pid: child.pid, started };
  return {
    process: identity,
    address,
    uiAddress: `http://127.0.0.1:${uiPort}`,
    namespace,
    letGo: untie,
    stop: async () => {
      await endProcess(identity, SERVER_STOP_SECONDS * 1_000);
      untie();
    },
  };
};

/**
 * Starts a server on free ports of 127.0.0.1 and waits until it answers.
 *
 * @throws ServerStartFailed when it does not come up.
 */
export const startEmbeddedServer = async (options: EmbeddedServerOptions): Promise<EmbeddedServer> => {
  let problem = '';
  for (let i = 0; i < START_ATTEMPTS; i += 1) {
    const server = await attempt(options);
    if (typeof server !== 'string') return server;
    problem = server;
  }
  const printed = await tail(options.logFile);
  throw new ServerStartFailed(
    `The Temporal server (${options.binary}) did not start: ${problem}${printed === '' ? '' : `\nIts last words: ${printed}`}`,
  );
};
