/** One worker's process, from its start as its user to its end. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { END_WITHIN_MS, LAST_LINES } from './tunables.js';
import { parseEvent, type WorkerEvent, type WorkerSettings } from './settings.js';

export interface EndOfWorker {
  /** It was idle, or was told to end, and did. */
  inOrder: boolean;
  /** `exit code 2: LAST LINE`. */
  words: string;
}

export interface WorkerProcess {
  readonly pid: number | null;
  /** Ends it: batches go on. */
  end(): void;
  ended: Promise<EndOfWorker>;
}

export interface WorkerStart {
  /** Words of its command (`workerCommand`). */
  command: readonly string[];
  settings: WorkerSettings;
  onEvent(event: WorkerEvent['event']): void;
  /** A line that it has logged. */
  onLine(line: string): void;
}

const howItEnded = (code: number | null, signal: string | null): string =>
  signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`;

export const startWorkerProcess = ({ command, settings, onEvent, onLine }: WorkerStart): WorkerProcess => {
  const [file = '', ...args] = command;
  // A session of its own: Ctrl-C in the supervisor's terminal is for the supervisor.
  const child = spawn(file, args, {
    ...{ cwd: '/', env: settings.environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  });
  const last: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const event = parseEvent(line);
    if (event !== null) onEvent(event);
  });
  createInterface(child.stderr).on('line', (line) => {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    onLine(line);
  });
  // One that ends before it has read them is known by its end.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(settings)}\n`);
  let killing: NodeJS.Timeout | null = null;
  const ended = new Promise<EndOfWorker>((resolve) => {
    child.once('error', (error) => resolve({ inOrder: false, words: error.message }));
    child.once('close', (code, signal) => {
      if (killing !== null) clearTimeout(killing);
      const words = howItEnded(code, signal);
      resolve({ inOrder: code === 0, words: code === 0 ? words : [words, ...last].join('\n') });
    });
  });
  return {
    pid: child.pid ?? null,
    ended,
    end: () => {
      child.stdin.end();
      killing ??= setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    },
  };
};
