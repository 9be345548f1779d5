/** Runs that somebody disturbs while their units wait for a file: what tests of them share. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import { startHarness, type Harness, type HarnessOptions } from './harness.js';
import { makeRequest, zarrUrl, type TaskSpec } from './scripted-requests.js';
import { until } from './until.js';

export const withHarness = (options: Omit<HarnessOptions, 'address'>): (() => Harness) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ address: inject('temporal').address, ...options });
  });
  afterAll(() => harness.stop());
  return () => harness;
};

export const start = async (
  harness: Harness,
  tasks: (dir: string) => TaskSpec[],
  images: string[],
  extra: Record<string, unknown> = {},
): Promise<{ dir: string; handle: RunHandle }> => {
  const dir = await harness.folder();
  return { dir, handle: await harness.start(makeRequest({ dir, tasks: tasks(dir), images, extra })) };
};

export const thrownBy = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('it was done'),
    (error: unknown) => error as Error,
  );

/** Units of these images wait for the file `go`; all others run through. */
export const waiting = (dir: string, ...images: string[]): TaskSpec => ({
  type: 'parallel',
  output_types: { done: true },
  runs_file: join(dir, 'runs'),
  script: Object.fromEntries(images.map((name) => [zarrUrl(dir, name), { wait_for: join(dir, 'go') }])),
});

export const begun = async (dir: string): Promise<string[]> =>
  (await readFile(join(dir, 'runs'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

export const untilBegun = (dir: string, image: string): Promise<void> =>
  until(image, async () => (await begun(dir)).includes(zarrUrl(dir, image)));

/** Processes that were started with this text among their arguments. */
export const processesWith = async (text: string): Promise<number[]> => {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(Number(entry));
  }
  return found;
};
