/** Resident memory of a process, from the kernel (proc(5)). */
import { readFile, writeFile } from 'node:fs/promises';

const MIB_PER_KIB = 1 / 1024;

const statusField = async (pid: number, field: string): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const value = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Number(value ?? NaN) * MIB_PER_KIB;
};

/** Resident now, in MiB. */
export const residentMib = (pid: number): Promise<number> => statusField(pid, 'VmRSS');

/** The most that was ever resident since the start or `forgetPeak`, in MiB. */
export const peakMib = (pid: number): Promise<number> => statusField(pid, 'VmHWM');

/** The peak counts from now on. */
export const forgetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5');
