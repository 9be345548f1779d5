/** `fractal-temporal up` as a process of its own, started again when it is killed: server and workers of the demo. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { tieToThisProcess } from '../../src/server/tie.js';
import { findUpServer } from '../../src/server/up-server.js';
import { UP_READY_SECONDS, UP_RESTARTS, UP_STOP_SECONDS } from './tunables.js';

export interface UpOptions {
  /** The command line program, such as ['node', 'dist/cli/main.js']. */
  program: string[];
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Folder of the server's database. */
  home: string;
  logFile: string;
  say: (line: string) => void;
}

export interface UpProcess {
  address: string;
  uiAddress: string;
  namespace: string;
  /** Rejects when it ends and cannot be started again. */
  readonly ended: Promise<never>;
  /** Ends it in order, server included; idempotent. */
  stop(): Promise<void>;
}

const READY = /^Ready/;

const whyEnded = (child: ChildProcess): string => child.signalCode ?? `exit code ${String(child.exitCode)}`;

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Ends it in order, or for certain. */
const endUp = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child) || child.pid === undefined) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const hangs = setTimeout(() => child.kill('SIGKILL'), UP_STOP_SECONDS * 1000);
  await exit;
  clearTimeout(hangs);
};

/** Starts it once and waits for its `Ready` line. */
const startOnce = async ({ program, args, env, logFile }: UpOptions): Promise<ChildProcess> => {
  const [file = '', ...words] = program;
  // Its own process group: Ctrl-C reaches the demo alone, which ends it in order.
  const child = spawn(file, [...words, 'up', ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const untie = tieToThisProcess(child);
  child.once('exit', untie);
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stderr.pipe(log, { end: false });
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      if (READY.test(line)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () =>
      reject(new Error(`\`fractal-temporal up\` ended (${whyEnded(child)}); see ${logFile}`)),
    );
  });
  const late = new AbortController();
  try {
    await Promise.race([
      ready,
      sleep(UP_READY_SECONDS * 1000, undefined, { signal: late.signal }).then(() => {
        throw new Error(`\`fractal-temporal up\` was not ready within ${UP_READY_SECONDS} s; see ${logFile}`);
      }),
    ]);
    return child;
  } catch (error) {
    await endUp(child);
    throw error;
  } finally {
    late.abort();
  }
};

/**
 * Start `up` and keep it up.
 *
 * @throws Error when it does not come up; it names the log.
 */
export const startUp = async (options: UpOptions): Promise<UpProcess> => {
  const { home, say } = options;
  let child = await startOnce(options);
  let stopping = false;
  const tellPid = () =>
    say(`workers: process ${String(child.pid)} (kill -9 it while they work, if you like)`);
  tellPid();

  const keepUp = async (): Promise<never> => {
    for (let restart = 0; ; restart++) {
      if (!hasEnded(child)) await once(child, 'exit');
      if (stopping) return new Promise<never>(() => undefined);
      if (restart === UP_RESTARTS)
        throw new Error(`\`fractal-temporal up\` ended ${UP_RESTARTS + 1} times; see ${options.logFile}`);
      say(
        `the workers' process has ended (${whyEnded(child)}); the units it had started go on. Starting it again ...`,
      );
      child = await startOnce(options);
      tellPid();
    }
  };
  const ended = keepUp();
  // Whoever waits for `ended` hears of it; nobody waiting yet is no unhandled rejection.
  ended.catch(() => undefined);

  const state = await findUpServer(home);
  if (state === null) {
    stopping = true;
    await endUp(child);
    throw new Error(`\`fractal-temporal up\` left no state in ${home}; see ${options.logFile}`);
  }
  return {
    address: state.address,
    uiAddress: state.ui_address,
    namespace: state.namespace,
    ended,
    stop: async () => {
      stopping = true;
      await endUp(child);
    },
  };
};
