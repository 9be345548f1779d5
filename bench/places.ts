/** Where a run's directory lies: on the disk, and in memory, where nothing but the runner is measured. */
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES_OF_PROBE, SLOW_DISK_MICROSECONDS } from './tunables.js';

const MEMORY = '/dev/shm';

export interface Place {
  name: string;
  folder: string;
  /** Why figures from here say nothing of the runner; null when they do. */
  doubt: string | null;
}

const creationMicroseconds = async (folder: string): Promise<number> => {
  const probe = join(folder, 'probe');
  await mkdir(probe);
  const began = performance.now();
  for (let index = 0; index < FILES_OF_PROBE; index += 1)
    await (await open(join(probe, String(index)), 'wx')).close();
  return ((performance.now() - began) * 1000) / FILES_OF_PROBE;
};

const hasMemory = (): Promise<boolean> =>
  access(MEMORY, constants.W_OK).then(
    () => true,
    () => false,
  );

/** Calls `work` with the disk's folder, then with one in memory, which is removed afterwards. */
export const atEachPlace = async <T>(folder: string, work: (place: Place) => Promise<T>): Promise<T[]> => {
  const cost = await creationMicroseconds(folder);
  const doubt =
    cost <= SLOW_DISK_MICROSECONDS
      ? null
      : `a new file takes ${cost.toFixed(0)} us on this disk at the moment`;
  const results = [await work({ name: 'disk', folder, doubt })];
  if (!(await hasMemory())) return results;
  const inMemory = await mkdtemp(join(MEMORY, 'fractal-temporal-bench-'));
  try {
    results.push(await work({ name: 'memory', folder: inMemory, doubt: null }));
    return results;
  } finally {
    await rm(inMemory, { recursive: true, force: true });
  }
};
