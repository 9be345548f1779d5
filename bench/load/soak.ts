/** Runs one after the other for a time, some at once: does the memory of server and workers stay flat? */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcessWorkflow } from '../../src/client/index.js';
import { type BenchTask, benchRequest, taskProgram } from '../requests.js';
import { type Sample, rangeOf, slopePerHour, watchMemory } from './memory-series.js';
import { endOfRun, type Plant } from './plant.js';
import { MINUTES_MS, SOAK_IMAGES } from './tunables.js';

export interface SoakOptions {
  folder: string;
  minutes: number;
  /** Runs at once. */
  count: number;
  say(line: string): void;
}

const tasks: BenchTask[] = [
  {
    name: 'Convert',
    type: 'converter_non_parallel',
    command: `node ${taskProgram('list-images.mjs')}`,
    args: { count: SOAK_IMAGES },
  },
  { name: 'Measure', type: 'parallel', command: taskProgram('update-image.sh') },
  { name: 'Look', type: 'non_parallel', command: 'true' },
];

/** One column of text for each value of a series. */
const columns = (samples: Sample[], value: (sample: Sample) => number): string[] => {
  const { first, most, last } = rangeOf(samples.map(value));
  return [...[first, most, last].map((mib) => mib.toFixed(0)), slopePerHour(samples, value).toFixed(1)];
};

/** @returns lines of a table: process, memory in MiB at first, at most and at last, MiB an hour by the line through the last two thirds. */
export const soak = async (
  { client, members }: Plant,
  { folder, minutes, count, say }: SoakOptions,
): Promise<string[][]> => {
  const deadline = Date.now() + minutes * MINUTES_MS;
  let done = 0;
  const goOn = async (lane: number): Promise<void> => {
    for (let number = 0; Date.now() < deadline; number += 1) {
      const dir = join(folder, 'runs', `${lane}-${number}`);
      const run = await startProcessWorkflow(client, benchRequest({ dir, tasks }) as never);
      const { images } = await endOfRun(run);
      if (images.length !== SOAK_IMAGES) throw new Error(`${dir}: ${images.length} images`);
      await rm(dir, { recursive: true });
      done += 1;
    }
  };
  const memory = watchMemory(members, (name, { seconds, mib, heapMib }) => {
    const heap = heapMib === null ? '' : `, heap ${heapMib.toFixed(1)}`;
    say(`${seconds.toFixed(0)} s, ${done} runs: ${name} ${mib.toFixed(1)} MiB${heap}`);
  });
  try {
    await Promise.all(Array.from({ length: count }, (_, lane) => goOn(lane)));
  } finally {
    await memory.stop();
  }
  say(`${done} runs`);
  return [...memory.samples].flatMap(([name, samples]) => [
    [name, ...columns(samples, ({ mib }) => mib)],
    ...(samples.every(({ heapMib }) => heapMib === null)
      ? []
      : [[`${name}, V8's heap in use`, ...columns(samples, ({ heapMib }) => heapMib ?? NaN)]]),
  ]);
};
