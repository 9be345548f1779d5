/** The built program, run as a user runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endProcessesIn } from './leftovers.js';
import { until } from './until.js';

const built = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface RunningProgram {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Exit code, or the signal's name. */
  ended: Promise<number | string>;
  /** Waits for a text on stdout or stderr. */
  says(text: string): Promise<void>;
}

export interface Sandbox {
  dir: string;
  env: NodeJS.ProcessEnv;
  start(args: string[], options?: { stdin?: string; env?: NodeJS.ProcessEnv }): RunningProgram;
  /** Runs to the end. */
  run(
    args: string[],
    options?: { stdin?: string; env?: NodeJS.ProcessEnv },
  ): Promise<{ code: number | string; stdout: string; stderr: string }>;
  /** Ends what is still running, removes the folder. */
  dispose(): Promise<void>;
}

const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|FRACTAL_TEMPORAL)_/.test(name)),
  );

/**
 * A folder of its own with all state of the program inside, so that two test runs never meet.
 *
 * @param program default: the one that is built here.
 */
export const createSandbox = async (binary: string, program = built): Promise<Sandbox> => {
  const dir = await mkdtemp(join(tmpdir(), 'fractal-temporal-cli-'));
  const env = {
    ...cleanEnvironment(),
    FRACTAL_TEMPORAL_SERVER_BINARY: binary,
    FRACTAL_TEMPORAL_HOME: join(dir, 'home'),
    FRACTAL_TEMPORAL_LOCAL: join(dir, 'host'),
    TEMPORAL_CONFIG_FILE: join(dir, 'none.toml'),
  };
  const running: RunningProgram[] = [];
  const start: Sandbox['start'] = (args, options = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
    // A program that ends before it has read its input is no failure of the test.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    const ended = new Promise<number | string>((resolve) => {
      child.once('close', (code, signal) => resolve(signal ?? code ?? 'unknown'));
    });
    const state = { over: false };
    void ended.then(() => (state.over = true));
    const self: RunningProgram = {
      child,
      stdout: () => texts.stdout,
      stderr: () => texts.stderr,
      ended,
      says: async (text) => {
        const heard = (): boolean => (texts.stdout + texts.stderr).includes(text);
        await until(`the program says ${JSON.stringify(text)}`, () => heard() || state.over);
        if (!heard()) throw new Error(`ended without saying ${text}:\n${texts.stdout}\n${texts.stderr}`);
      },
    };
    running.push(self);
    return self;
  };
  return {
    dir,
    env,
    start,
    run: async (args, options) => {
      const started = start(args, options);
      const code = await started.ended;
      return { code, stdout: started.stdout(), stderr: started.stderr() };
    },
    dispose: async () => {
      for (const { child } of running)
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await Promise.all(running.map(({ ended }) => ended));
      await endProcessesIn(dir);
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
