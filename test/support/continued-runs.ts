/** Runs that go on from earlier ones, on a real server and the local backend, for the test file that imports this. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { InvalidRequestError } from '../../src/client/index.js';
import type { RunResult } from '../../src/wire/result.js';
import { startHarness, type Harness } from './harness.js';
import { makeRequest, type TaskSpec } from './scripted-requests.js';

export let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address, unitsPerBatch: 2 });
});
afterAll(() => harness.stop());

export const statuses = ({ task_runs: runs }: RunResult): string[][] =>
  runs.map(({ units }) => units.map(({ status }) => status));

export const resultIn = async (dir: string): Promise<RunResult> =>
  JSON.parse(await readFile(join(dir, 'result.json'), 'utf8')) as RunResult;

/** Urls of the units that have begun, in order of their names. */
export const begun = async (file: string): Promise<string[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(line.lastIndexOf('/') + 1))
    .sort();
};

export interface Try {
  tasks: TaskSpec[];
  images?: string[];
  extra?: Record<string, unknown>;
}

/** Runs in `dir/NAME`, from `dir/FROM` where that is given; what it ended with, an error or null. */
export const runIn = async (
  dir: string,
  name: string,
  from: string | null,
  { tasks, images = [], extra = {} }: Try,
) => {
  const request = makeRequest({
    ...{ dir, tasks, images },
    extra: {
      workflow_dir_local: join(dir, name),
      ...(from === null ? {} : { continue_from: join(dir, from) }),
      ...extra,
    },
  });
  const handle = await harness.start(request);
  const error: unknown = await handle.result().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return {
    error,
    result: error instanceof InvalidRequestError ? null : await resultIn(join(dir, name)),
    handle,
  };
};

export const done = (result: RunResult | null): RunResult => {
  if (result === null) throw new Error('there is no result');
  return result;
};

/** Every file below a folder with its size and time: what was only read stays as it was. */
export const shapeOf = async (dir: string): Promise<string[]> => {
  const names = await readdir(dir, { recursive: true });
  const lines = names.map(async (name) => {
    const { size, mtimeMs, isDirectory } = await stat(join(dir, name)).then((about) => ({
      size: about.size,
      mtimeMs: about.mtimeMs,
      isDirectory: about.isDirectory(),
    }));
    return `${name} ${isDirectory ? '' : size} ${mtimeMs}`;
  });
  return (await Promise.all(lines)).sort();
};

export const images = ['a', 'b', 'c', 'd', 'e'];
