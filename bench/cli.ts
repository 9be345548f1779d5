/** How long somebody waits who types a command, beside a start of Node that does nothing. */
import { join } from 'node:path';
import type { Bench, BenchContext, Row } from './bench.js';
import { median, milliseconds, times } from './measure.js';
import { benchRequest } from './requests.js';
import { MANY_IMAGES, NODE_START_S, START_LIMITS_S, STARTS } from './tunables.js';

interface Typed {
  what: string;
  /** Of a machine on which Node alone starts in NODE_START_S. */
  limit: number;
  run(context: BenchContext, repetition: number): Promise<number>;
}

const tenUnits = ({ folder, program }: BenchContext, repetition: number): Promise<number> => {
  const name = `ten-${repetition}`;
  const task = { name: 'Trivial', type: 'parallel' as const, command: 'true' };
  return program.run(benchRequest({ dir: join(folder, name), tasks: [task], images: 10 }), name);
};

const typed: Typed[] = [
  { what: '--version', limit: START_LIMITS_S.nothing, run: ({ program }) => program.time(['--version']) },
  { what: '--help', limit: START_LIMITS_S.nothing, run: ({ program }) => program.time(['--help']) },
  { what: 'list', limit: START_LIMITS_S.asking, run: ({ program }) => program.time(['list']) },
  { what: 'status', limit: START_LIMITS_S.asking, run: ({ program }) => program.time(['status']) },
  { what: 'run of ten units of `true`', limit: START_LIMITS_S.running, run: tenUnits },
];

const rowOf = ({ what, limit }: Typed, own: number[], nodes: number[]): Row => {
  const [seconds, node] = [median(own), median(nodes)];
  const ratio = seconds / node;
  const most = limit / NODE_START_S;
  return {
    what,
    measured: milliseconds(seconds),
    peer: `node -e 0: ${milliseconds(node)}`,
    ratio: times(ratio),
    limit: `${times(most)} (${milliseconds(limit)} where Node starts in ${milliseconds(NODE_START_S)})`,
    reached: ratio <= most,
  };
};

const rowFor = async (context: BenchContext, one: Typed): Promise<Row> => {
  const [own, nodes]: [number[], number[]] = [[], []];
  // The first of each fills the caches of the disk.
  for (let repetition = 0; repetition <= STARTS; repetition += 1) {
    const [node, seconds] = [await context.program.timeNode(), await one.run(context, repetition)];
    if (repetition === 0) continue;
    nodes.push(node);
    own.push(seconds);
  }
  context.say(`${one.what}: ${milliseconds(median(own))}`);
  return rowOf(one, own, nodes);
};

export const cli: Bench = {
  name: 'cli',
  title: 'the start of commands, against the start of Node',
  run: async (context) => {
    const rows: Row[] = [];
    for (const one of typed) rows.push(await rowFor(context, one));
    return rows;
  },
};

/** A bench of its own: the run that it looks at takes some minutes. */
export const cliLogs: Bench = {
  name: 'cli-logs',
  byNameOnly: true,
  title: 'the first lines of a large run, against the start of Node',
  run: async (context) => {
    const dir = join(context.folder, 'large');
    const task = { name: 'Trivial', type: 'parallel' as const, command: 'true' };
    await context.program.run(benchRequest({ dir, tasks: [task], images: MANY_IMAGES }), 'large');
    const runDir = join(dir, 'run');
    const one = (words: string[]): Typed => ({
      what: `first lines of \`${words.join(' ')}\`, ${MANY_IMAGES} units`,
      limit: START_LIMITS_S.firstLines,
      run: ({ program }) => program.timeToOutput([...words, runDir]),
    });
    return [await rowFor(context, one(['logs'])), await rowFor(context, one(['logs', '--json']))];
  },
};
