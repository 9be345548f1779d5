/** A run of the drill: units that wait until they are let go on, and tell that they have begun. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { makeRequest, type TaskSpec, zarrUrl } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

export const IMAGES = ['a', 'b', 'c'];

/** Whether its unit of the last image waits. */
export type WaitingSpec = TaskSpec & { waits?: true };

export interface Run {
  dir: string;
  runDir: string;
  file: string;
  /** Which units of a task have begun, a line each time. */
  begun(task: number): Promise<string[]>;
  /** Lets the units of a task that wait go on. */
  open(task: number): Promise<void>;
  result(): Promise<RunResult>;
}

/** Units of the last image of each task named wait until they are let go on. */
export const prepareRun = async (dir: string, name: string, tasks: WaitingSpec[]): Promise<Run> => {
  const own = join(dir, name);
  await mkdir(own);
  const [runs, gate] = ['runs', 'gate'].map((what) => (task: number) => join(own, `${what}-${task}`));
  if (runs === undefined || gate === undefined) throw new TypeError('two names');
  const specs = tasks.map(({ waits, ...spec }, task): TaskSpec => {
    const last = { [zarrUrl(own, 'c')]: { ...spec.script?.['*'], wait_for: gate(task) } };
    return {
      ...spec,
      runs_file: runs(task),
      script: { ...spec.script, ...(waits ? last : {}) },
    };
  });
  const request = { ...makeRequest({ dir: own, tasks: specs, images: IMAGES }) };
  const file = join(own, 'request.json');
  await writeFile(file, JSON.stringify(request));
  const runDir = request.workflow_dir_local;
  return {
    ...{ dir: own, runDir, file },
    begun: async (task) =>
      (await readFile(runs(task), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    open: (task) => writeFile(gate(task), ''),
    result: async () => JSON.parse(await readFile(join(runDir, 'result.json'), 'utf8')) as RunResult,
  };
};

export const begins = (run: Run, task: number): Promise<void> =>
  until(`${run.dir}: task ${task}`, async () => (await run.begun(task)).length === IMAGES.length);

export const hasEnded = (run: Run): Promise<void> => untilFile(join(run.runDir, 'result.json'));

/** Each unit of the task has begun, none a second time. */
export const once = async (run: Run, task: number): Promise<void> => {
  expect((await run.begun(task)).sort()).toEqual(IMAGES.map((name) => zarrUrl(run.dir, name)));
};
