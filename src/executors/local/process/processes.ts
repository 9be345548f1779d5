import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { warmLockOf } from '../folders.js';
import { BATCH_VARIABLE } from './launch.js';

interface ProcessFacts {
  pid: number;
  session: number;
  /** Carries the batch's name in its environment, or holds its lock. */
  marked: boolean;
}

const holds = async (pid: number, file: string): Promise<boolean> => {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')),
  );
  // What /proc shows of a file that has been removed meanwhile.
  return [file, warmLockOf(file)].some((lock) =>
    targets.some((target) => target === lock || target === `${lock} (deleted)`),
  );
};

/** null for a process that has gone meanwhile, is a zombie or belongs to somebody else. */
const lookAt = async (pid: number, marker: string, lockFile: string): Promise<ProcessFacts | null> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses: proc(5).
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X' || session === undefined) return null;
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    const marked = environment.split('\0').includes(marker) || (await holds(pid, lockFile));
    return { pid, session: Number(session), marked };
  } catch {
    return null;
  }
};

const realPath = async (file: string): Promise<string> => {
  try {
    return await realpath(file);
  } catch {
    const folder = await realpath(dirname(file)).catch(() => dirname(file));
    return join(folder, basename(file));
  }
};

/**
 * Living processes of a batch, found in /proc: those with its name in their environment, those that hold its lock,
 * and all in the sessions of these. A session of a batch's process holds none but its descendants, and its number
 * is not given again while one of them lives.
 */
export const batchProcesses = async (key: string, lockFile: string): Promise<number[]> => {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lock = await realPath(lockFile);
  const found = await Promise.all(
    names.map((name) => lookAt(Number(name), `${BATCH_VARIABLE}=${key}`, lock)),
  );
  const processes = found.filter((facts) => facts !== null);
  const own = processes.find((facts) => facts.pid === process.pid)?.session;
  const sessions = new Set(processes.filter(({ marked }) => marked).map(({ session }) => session));
  return processes
    .filter(
      ({ pid, marked, session }) =>
        pid !== process.pid && (marked || (session !== own && sessions.has(session))),
    )
    .map(({ pid }) => pid);
};

/** Sends a signal; a process that has gone meanwhile is none to worry about. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};
