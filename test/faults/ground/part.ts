/** A real process that a fault may hit, with what a service manager does for it: it is started anew when it has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tieToThisProcess } from '../../../src/server/tie.js';

const READY_MS = 300_000;
const AGAIN_MS = 500;
const ANSWER_MS = 10_000;
const LOOK_MS = 50;

export interface PartSpec {
  name: string;
  command: string;
  args: readonly string[];
  /** Which of the arguments is the program that a `start` may change. */
  program?: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** What it prints is appended there. */
  log: string;
  /** Looked at again and again, with what it has printed since it was started. */
  isReady: (said: string) => boolean | Promise<boolean>;
}

export interface Part {
  readonly name: string;
  /** Ends of its process that nobody here has brought about. */
  readonly ownEnds: readonly string[];
  /** Resolves when it is ready; what ends before is started again. Of another program from now on, where given. */
  start(change?: { program?: string }): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Signals it and waits for its end; with SIGKILL after `graceMs`. */
  end(signal: NodeJS.Signals, graceMs?: number): Promise<void>;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const endOf = (child: ChildProcess): Promise<void> =>
  hasEnded(child) ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()));

export const createPart = (spec: PartSpec): Part => {
  let { args, program } = spec;
  let child: ChildProcess | null = null;
  let wanted = false;
  let said = '';
  const ownEnds: string[] = [];

  const launch = (): ChildProcess => {
    said = '';
    // A session of its own: Ctrl-C in the terminal reaches the campaign, which ends its parts.
    const started = spawn(spec.command, args, {
      ...{ cwd: spec.cwd, env: spec.env, detached: true },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // However the campaign ends, no part outlives it.
    tieToThisProcess(started);
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (text: Buffer) => {
        said += text.toString();
        appendFileSync(spec.log, text);
      });
    started.once('exit', (code, signal) => {
      if (!wanted || child !== started) return;
      ownEnds.push(`${signal ?? `exit code ${String(code)}`}: ${said.slice(-400)}`);
      setTimeout(() => {
        if (wanted && child === started) child = launch();
      }, AGAIN_MS);
    });
    return started;
  };

  return {
    name: spec.name,
    ownEnds,
    start: async (change) => {
      if (change?.program !== undefined && program !== undefined) {
        const [old, now] = [program, change.program];
        args = args.map((word) => (word === old ? now : word));
        program = now;
      }
      if (child === null || hasEnded(child)) child = launch();
      // Ends before it is ready are no news: what it needs may be away as well.
      const deadline = Date.now() + READY_MS;
      // A question that is never answered is asked anew.
      const isReady = (): Promise<boolean> =>
        Promise.race([Promise.resolve(spec.isReady(said)), sleep(ANSWER_MS, false, { ref: false })]);
      while (!(await isReady())) {
        if (Date.now() > deadline) throw new Error(`${spec.name} does not come up:\n${said.slice(-2_000)}`);
        if (hasEnded(child)) {
          await sleep(AGAIN_MS);
          child = launch();
        }
        await sleep(LOOK_MS);
      }
      wanted = true;
    },
    signal: (name) => {
      if (child !== null && !hasEnded(child)) child.kill(name);
    },
    end: async (signal, graceMs = 20_000) => {
      wanted = false;
      const ending = child;
      if (ending === null) return;
      ending.kill(signal);
      const killer = setTimeout(() => ending.kill('SIGKILL'), graceMs);
      await endOf(ending);
      clearTimeout(killer);
    },
  };
};
