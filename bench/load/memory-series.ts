/** Memory of processes over a time: samples, and the line through them. */
import { readdir, readFile } from 'node:fs/promises';
import { memoryMib } from '../processes.js';
import { SAMPLE_SECONDS, WARM_UP_SHARE } from './tunables.js';

export interface Member {
  name: string;
  pids: number[];
  /** A server that has a process for each connection: all of them, by what is theirs alone and their part of the rest. */
  withChildren?: boolean;
  /** Where a worker answers a scrape: it knows V8's heap. */
  monitor?: string;
}

export interface Sample {
  /** Since the first one. */
  seconds: number;
  /** Resident; of many processes the sum of proportional shares. MiB. */
  mib: number;
  /** V8's heap in use, MiB; null where there is none. */
  heapMib: number | null;
}

const BYTES_PER_MIB = 2 ** 20;

const childrenOf = async (parent: number): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? NaN);
    }),
  );
  return pids.filter((_, index) => parents[index] === parent);
};

const heapOf = async (monitor: string): Promise<number | null> => {
  const text = await fetch(`http://${monitor}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
  const bytes = /^fractal_worker_heap_used_bytes(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1];
  return bytes === undefined ? null : Number(bytes) / BYTES_PER_MIB;
};

const sampleOf = async ({
  pids,
  withChildren = false,
  monitor,
}: Member): Promise<Omit<Sample, 'seconds'>> => {
  const heapMib = monitor === undefined ? null : await heapOf(monitor);
  const all = withChildren ? [...pids, ...(await Promise.all(pids.map(childrenOf))).flat()] : pids;
  const parts = await Promise.all(all.map((pid) => memoryMib(pid, withChildren ? 'Pss' : 'Rss')));
  return { mib: parts.reduce((sum, part) => sum + part, 0), heapMib };
};

export interface MemorySeries {
  /** By the member's name. */
  samples: Map<string, Sample[]>;
  stop(): Promise<void>;
}

/** Takes a sample of each member at once and then every some seconds; `note` is told each. */
export const watchMemory = (
  members: Member[],
  note: (name: string, sample: Sample) => void,
): MemorySeries => {
  const samples = new Map<string, Sample[]>(members.map(({ name }) => [name, []]));
  const began = performance.now();
  const take = async (): Promise<void> => {
    for (const member of members) {
      const sample = { seconds: (performance.now() - began) / 1_000, ...(await sampleOf(member)) };
      samples.get(member.name)?.push(sample);
      note(member.name, sample);
    }
  };
  let taking = take();
  const timer = setInterval(() => {
    taking = taking.then(take);
  }, SAMPLE_SECONDS * 1_000);
  return {
    samples,
    stop: async () => {
      clearInterval(timer);
      await taking;
      await take();
    },
  };
};

/** What is added in an hour, by least squares through what comes after the start. */
export const slopePerHour = (samples: Sample[], value: (sample: Sample) => number): number => {
  const end = samples.at(-1)?.seconds ?? 0;
  const late = samples.filter(({ seconds }) => seconds >= end * WARM_UP_SHARE);
  const mean = (of: (sample: Sample) => number): number =>
    late.reduce((sum, sample) => sum + of(sample), 0) / late.length;
  const [time, level] = [mean(({ seconds }) => seconds), mean(value)];
  const covariance = mean((sample) => (sample.seconds - time) * (value(sample) - level));
  return (covariance / mean(({ seconds }) => (seconds - time) ** 2)) * 3_600;
};

/** First, highest and last value. */
export const rangeOf = (values: number[]): { first: number; most: number; last: number } => ({
  first: values[0] ?? NaN,
  most: Math.max(...values),
  last: values.at(-1) ?? NaN,
});
