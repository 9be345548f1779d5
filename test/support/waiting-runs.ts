/** Runs that wait for their operator where a unit fails, and the files that make units fail. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunHandle } from '../../src/client/index.js';
import type { Harness } from './harness.js';
import { makeRequest, type TaskSpec } from './scripted-requests.js';

export const broken = (dir: string, name = 'broken'): string => join(dir, name);

/** The files of `breakage` are there when it begins. */
export const beginWaiting = async (
  harness: Harness,
  tasks: (dir: string) => TaskSpec[],
  images: string[],
  breakage: string[] = ['broken'],
): Promise<{ dir: string; run: RunHandle }> => {
  const dir = await harness.folder();
  for (const name of breakage) await writeFile(broken(dir, name), '');
  const extra = { recovery: { on_failure: 'wait' } };
  return { dir, run: await harness.start(makeRequest({ dir, tasks: tasks(dir), images, extra })) };
};
