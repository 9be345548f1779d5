/** The command line program as users start it, with a home of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { tieToThisProcess } from '../src/server/tie.js';
import { READY_SECONDS, STOP_SECONDS } from './tunables.js';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const READY = /^Ready/;

export interface Running {
  pid: number;
  /** SIGTERM, then waits for its end. */
  stop(): Promise<void>;
}

export interface Program {
  /** Folder of the server's database. */
  home: string;
  /** `run REQUEST --result FILE`; wall time in seconds, from the program's start to its end. */
  run(request: unknown, name: string): Promise<number>;
  /** Any command, to its end; wall time in seconds. */
  time(args: string[]): Promise<number>;
  /** Until a command has written its first piece of output, then it is ended; wall time in seconds. */
  timeToOutput(args: string[]): Promise<number>;
  /** The same of Node alone, with nothing to do. */
  timeNode(): Promise<number>;
  /** Starts `up` or a worker and waits until it says that it is ready. */
  start(args: string[], options?: StartOptions): Promise<Running>;
}

export interface StartOptions {
  /** What the command line starts with, e.g. a change of user; default: this Node. */
  prefix?: string[];
  env?: Record<string, string>;
}

/** What the user's shell says about another server must not divert a bench. */
const environment = async (folder: string, serverBinary: string): Promise<NodeJS.ProcessEnv> => {
  const config = join(folder, 'temporal.toml');
  await writeFile(config, '[profile.default]\n');
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
    TEMPORAL_CONFIG_FILE: config,
    FRACTAL_TEMPORAL_HOME: join(folder, 'home'),
    FRACTAL_TEMPORAL_LOCAL: join(folder, 'local'),
    FRACTAL_TEMPORAL_SERVER_BINARY: serverBinary,
  };
};

const ready = async (child: ChildProcess, logFile: string): Promise<void> => {
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stderr?.pipe(log, { end: false });
  const late = new AbortController();
  const said = new Promise<void>((resolve, reject) => {
    if (child.stdout === null) throw new TypeError('stdout is not piped');
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      if (READY.test(line)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`it ended (${String(code)}) before it was ready`));
    });
  });
  const tooLate = sleep(READY_SECONDS * 1000, undefined, { signal: late.signal }).then(() => {
    throw new Error(`it was not ready within ${READY_SECONDS} s`);
  });
  try {
    await Promise.race([said, tooLate]);
  } catch (error) {
    throw new Error(await readFile(logFile, 'utf8'), { cause: error });
  } finally {
    late.abort();
    tooLate.catch(() => undefined);
  }
};

export const openProgram = async (folder: string, serverBinary: string): Promise<Program> => {
  const base = await environment(folder, serverBinary);
  const timed = async (args: string[]): Promise<number> => {
    const began = performance.now();
    await execa(process.execPath, args, { env: base, extendEnv: false });
    return (performance.now() - began) / 1000;
  };
  const timedToOutput = async (args: string[]): Promise<number> => {
    const began = performance.now();
    const command = execa(process.execPath, args, {
      env: base,
      extendEnv: false,
      buffer: false,
      reject: false,
    });
    await Promise.race([
      once(command.stdout, 'data'),
      command.then(({ shortMessage }) => {
        throw new Error(`it wrote nothing: ${shortMessage ?? args.join(' ')}`);
      }),
    ]);
    const took = (performance.now() - began) / 1000;
    command.kill('SIGKILL');
    await command;
    return took;
  };
  await mkdir(join(folder, 'requests'), { recursive: true });
  return {
    home: join(folder, 'home'),
    run: async (request, name) => {
      const file = join(folder, 'requests', `${name}.json`);
      await writeFile(file, JSON.stringify(request));
      return timed([MAIN, 'run', file, '--result', `${file}.result`]);
    },
    time: (args) => timed([MAIN, ...args]),
    timeToOutput: (args) => timedToOutput([MAIN, ...args]),
    timeNode: () => timed(['-e', '0']),
    start: async (args, { prefix = [], env = {} } = {}) => {
      const [file = '', ...words] = [...prefix, process.execPath, MAIN, ...args];
      // Its own process group: Ctrl-C reaches the bench alone, which ends it in order.
      const child = spawn(file, words, {
        env: { ...base, ...env },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.once('exit', tieToThisProcess(child));
      const stop = async (): Promise<void> => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exit = once(child, 'exit');
        child.kill('SIGTERM');
        const killer = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
        await exit;
        clearTimeout(killer);
      };
      try {
        await ready(child, join(folder, 'program.log'));
      } catch (error) {
        await stop();
        throw error;
      }
      return { pid: child.pid ?? -1, stop };
    },
  };
};
