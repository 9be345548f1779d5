/** Processes by pid and start time: a pid alone may by now belong to somebody else. */
import { readFile } from 'node:fs/promises';

export interface ProcessIdentity {
  pid: number;
  /** Opaque: compared as text. On Linux boot id and start tick, elsewhere the start time that `ps` prints. */
  started: string;
}

const startedOnLinux = async (pid: number): Promise<string | null> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The command's name, in parentheses, may hold spaces and parentheses itself (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, tick] = [fields[0], fields[19]];
  if (state === undefined || tick === undefined || state === 'Z' || state === 'X') return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()}/${tick}`;
};

const startedElsewhere = async (pid: number): Promise<string | null> => {
  // Of use elsewhere than on Linux only, and slow to load.
  const { execa } = await import('execa');
  const answer = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], {
    reject: false,
    env: { LC_ALL: 'C' },
  });
  return answer.exitCode === 0 && answer.stdout.trim() !== '' ? answer.stdout.trim() : null;
};

/** Start time of a live process, null when there is none (a zombie counts as none). */
export const processStart = (pid: number): Promise<string | null> =>
  process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid);

/** This process. */
export const ownIdentity = async (): Promise<ProcessIdentity> => ({
  pid: process.pid,
  started: (await processStart(process.pid)) ?? 'unknown',
});

/** Whether that very process still lives. */
export const isAlive = async (identity: ProcessIdentity): Promise<boolean> =>
  (await processStart(identity.pid)) === identity.started;

const POLL_MS = 20;

/** Waits until the process is gone, at most `timeoutMs`; false when it still lives then. */
export const waitForEnd = async (identity: ProcessIdentity, timeoutMs: number): Promise<boolean> => {
  const deadline = Date.now() + timeoutMs;
  while (await isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/**
 * Ends exactly that process: SIGTERM, after `graceMs` SIGKILL. Does nothing when the pid belongs to another by now.
 *
 * @throws Error when it may not be signalled (another user's).
 */
export const endProcess = async (identity: ProcessIdentity, graceMs: number): Promise<void> => {
  if (!(await isAlive(identity))) return;
  signal(identity.pid, 'SIGTERM');
  if (await waitForEnd(identity, graceMs)) return;
  signal(identity.pid, 'SIGKILL');
  await waitForEnd(identity, graceMs);
};
