/** Processes as the kernel tells of them (proc(5)): whose they are, their processor time, their memory. */
import { readdir, readFile } from 'node:fs/promises';

/** Of Linux for user space, on every architecture that it runs on here. */
const TICKS_PER_SECOND = 100;
/** utime, stime, cutime, cstime: what the process has used, and its children that it has waited for. */
const TIMES = [11, 12, 13, 14];

/** Seconds; 0 for a process that is gone. */
export const secondsUsed = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TIMES.reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) / TICKS_PER_SECOND;
};

/** Processes one of whose words begins with `prefix`: the servers of a folder and what they have forked. */
export const processesNaming = async (prefix: string): Promise<number[]> => {
  const found: number[] = [];
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (line.includes(`\0${prefix}`)) found.push(Number(name));
  }
  return found;
};

/** A process with all that it has started. */
export const familyOf = async (pid: number): Promise<number[]> => {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const families = await Promise.all(
    children
      .split(' ')
      .filter((text) => text !== '')
      .map((text) => familyOf(Number(text))),
  );
  return [pid, ...families.flat()];
};

/** Resident memory (Rss), or the proportional share of it (Pss), in MiB; 0 for a process that is gone. */
export const memoryMib = async (pid: number, what: 'Rss' | 'Pss'): Promise<number> => {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => '');
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) / 1024;
};
