/** Starting and signalling processes as operations of an attempt; for `vi.mock`. */
import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import { currentAttempt, operation } from './seam.js';

type Callable = (...args: unknown[]) => unknown;

const program = (command: unknown): string => (typeof command === 'string' ? basename(command) : '');

/** Processes that attempts have started and that have not ended; some are not what they will be yet. */
export const running = new Set<ChildProcess>();

/** `spawn` of `node:child_process`: the process is there, and whoever was to hear of it may not be any more. */
export const seamSpawn =
  (spawn: Callable): Callable =>
  (...args) => {
    const attempt = currentAttempt();
    if (attempt === null) return spawn(...args);
    return attempt.instant('spawn', () => {
      const child = spawn(...args) as ChildProcess;
      running.add(child);
      for (const end of ['exit', 'error']) child.once(end, () => running.delete(child));
      return child;
    });
  };

/** `execa`: a program that runs to its end, and its answer. */
export const seamExeca =
  (execa: Callable): Callable =>
  (...args) =>
    currentAttempt() === null ? execa(...args) : operation(program(args[0]), () => execa(...args));

/** Signals that an attempt sends count, too. */
export const installSignals = (): void => {
  const kill = process.kill.bind(process);
  process.kill = (pid, signal) => {
    const attempt = currentAttempt();
    return attempt === null ? kill(pid, signal) : attempt.instant('kill', () => kill(pid, signal));
  };
};
