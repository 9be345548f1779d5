/** Runs SLURM's commands: as whose, in which environment, for how long. */
import { spawn } from 'node:child_process';
import { execa } from 'execa';
import { scrubbedEnvironment } from '../../environment.js';
import type { CommandEnd } from './sbatch.js';

export interface CommandOptions {
  prefix: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  timeoutSeconds: number;
}

export interface SlurmCommands {
  /** squeue, sacct, scontrol, scancel: asked in the C locale, ended by force after the time-out. Never rejects. */
  ask(command: string, args: readonly string[]): Promise<CommandEnd>;
  /** sbatch: its files are given to it open, and it outlives this process rather than be cut in the middle. */
  start(words: readonly string[], files: StandardFiles, timeoutSeconds: number): Promise<CommandEnd>;
}

/** Open file descriptors. */
export interface StandardFiles {
  stdin: number;
  stdout: number;
  stderr: number;
}

/** squeue of a user with 100,000 jobs is below 20 MB. */
const MAX_ANSWER_CHARACTERS = 200_000_000;

const cutShort = ({ exitCode, timedOut, signal }: Ended): CommandEnd['cutShort'] => {
  if (timedOut) return 'timeout';
  if (signal !== undefined) return 'signal';
  return exitCode === undefined ? 'not_started' : null;
};

export const createCommands = ({ prefix, env, timeoutSeconds }: CommandOptions): SlurmCommands => {
  const scrubbed = scrubbedEnvironment({ ...env });
  const split = (words: readonly string[]): [string, string[]] => {
    const [file = '', ...args] = [...prefix, ...words];
    return [file, args];
  };
  return {
    ask: async (command, args) => {
      const [file, rest] = split([command, ...args]);
      const result = await execa(file, rest, {
        env: { ...scrubbed, LC_ALL: 'C' },
        extendEnv: false,
        cwd: '/',
        stdin: 'ignore',
        reject: false,
        stripFinalNewline: false,
        timeout: timeoutSeconds * 1000,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_ANSWER_CHARACTERS,
      });
      return {
        exitCode: result.exitCode ?? null,
        stdout: result.stdout,
        stderr:
          result.exitCode === undefined && result.stderr === ''
            ? (result.originalMessage ?? '')
            : result.stderr,
        cutShort: cutShort(result),
      };
    },
    start: (words, files, seconds) => {
      const [file, rest] = split(words);
      // Not execa: it would end the command together with this process.
      const child = spawn(file, rest, {
        env: scrubbed,
        cwd: '/',
        stdio: [files.stdin, files.stdout, files.stderr],
        detached: true,
      });
      return new Promise((resolve) => {
        let timedOut = false;
        const timer = setTimeout(() => {
          timedOut = true;
          child.kill('SIGKILL');
        }, seconds * 1000);
        const end = (exitCode: number | null, stderr: string, cut: CommandEnd['cutShort']): void => {
          clearTimeout(timer);
          resolve({ exitCode, stdout: '', stderr, cutShort: timedOut ? 'timeout' : cut });
        };
        child.once('error', (error) => {
          end(null, error.message, 'not_started');
        });
        child.once('exit', (code, signal) => {
          end(code, '', signal === null ? null : 'signal');
        });
      });
    },
  };
};

interface Ended {
  exitCode?: number;
  timedOut: boolean;
  signal?: string;
}

/** One line of why a command gave no answer. */
export const failureWords = (command: string, end: CommandEnd, timeoutSeconds: number): string => {
  if (end.cutShort === 'timeout') return `${command} did not answer within ${timeoutSeconds} s`;
  const words = end.stderr.trim().split('\n').at(-1) ?? '';
  if (end.cutShort === 'not_started') return `${command} cannot be started: ${words}`;
  return `${command} failed (${end.cutShort === 'signal' ? 'killed' : `status ${String(end.exitCode)}`}): ${words}`.slice(
    0,
    300,
  );
};
