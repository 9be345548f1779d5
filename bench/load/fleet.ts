/** Many runs at once: throughput, memory of each process, sizes of histories. */
import { join } from 'node:path';
import { startProcessWorkflow } from '../../src/client/index.js';
import { historySize } from '../histories.js';
import { median, seconds, timed } from '../measure.js';
import { benchRequest } from '../requests.js';
import { rangeOf, watchMemory } from './memory-series.js';
import { endOfRun, type Plant } from './plant.js';

export interface FleetOptions {
  folder: string;
  runs: number;
  /** Of each run. */
  units: number;
  say(line: string): void;
}

const tasks = [{ name: 'True', type: 'parallel' as const, command: 'true' }];

/** @returns lines of a table: what, measured. */
export const fleet = async (
  { client, members }: Plant,
  { folder, runs, units, say }: FleetOptions,
): Promise<string[][]> => {
  const ids: string[] = [];
  let done = 0;
  const runOne = async (number: number): Promise<number> => {
    const dir = join(folder, 'runs', String(number));
    const request = benchRequest({ dir, tasks, images: units });
    return timed(async () => {
      const run = await startProcessWorkflow(client, request as never);
      ids.push(run.workflowId);
      const { task_runs: taskRuns } = await endOfRun(run);
      const ended = taskRuns.flatMap((task) => task.units).filter(({ status }) => status === 'done');
      if (ended.length !== units) throw new Error(`${dir}: ${ended.length} units are done`);
      done += 1;
    });
  };
  const memory = watchMemory(members, (name, sample) => {
    say(`${sample.seconds.toFixed(0)} s, ${done} runs: ${name} ${sample.mib.toFixed(0)} MiB`);
  });
  const each: number[] = [];
  const took = await timed(async () => {
    each.push(...(await Promise.all(Array.from({ length: runs }, (_, number) => runOne(number)))));
  }).finally(() => memory.stop());
  const sizes = await Promise.all(ids.map((id) => historySize(client, id)));
  const largest = Math.max(...sizes.map(({ bytes }) => bytes));
  return [
    [`${runs} runs of ${units} units, all started at once`, seconds(took)],
    ['units a second', ((runs * units) / took).toFixed(0)],
    ['one run, median and longest', `${seconds(median(each))}, ${seconds(Math.max(...each))}`],
    ...[...memory.samples].map(([name, samples]) => {
      const { first, most, last } = rangeOf(samples.map(({ mib }) => mib));
      return [
        `memory of ${name}: idle, most, at the end`,
        `${[first, most, last].map((mib) => mib.toFixed(0)).join(', ')} MiB`,
      ];
    }),
    [
      'largest history',
      `${Math.max(...sizes.map(({ events }) => events))} events, ${(largest / 1_024).toFixed(0)} KiB`,
    ],
  ];
};
