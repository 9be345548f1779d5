/** Units forked from warmed interpreters, against plain starts, in turns (docs/warm-start.md). */
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import type { Bench, BenchContext, Row } from '../bench.js';
import type { JsonObject, WorkflowTask } from '../../src/wire/request.js';
import { median, seconds, sum, times } from '../measure.js';
import { plateImages, zarrDirOf } from '../requests.js';
import { judged } from '../rows.js';
import {
  WARM_EMPTY_LIMIT_RATIO,
  WARM_FILLED_LIMIT_RATIO,
  WARM_MEMORY_LIMIT_RATIO,
  WARM_MEMORY_SAMPLE_MS,
  WARM_MEMORY_UNIT_MB,
  WARM_MEMORY_UNITS,
  WARM_OTHERS,
  WARM_OTHERS_LIMIT_RATIO,
  WARM_OTHERS_PAIRS_FACTOR,
  WARM_UNITS,
  WARM_UNITS_LIMIT_RATIO,
} from '../tunables.js';
import { compareFolders } from './files.js';
import { memoryMib, processesNaming } from '../processes.js';
import { comparisonRow, pairRows, type Pair } from './rows.js';
import { atSite, copiesOf, type Site, type Took } from './site.js';
import { realTasks, segmentation } from './workflow.js';

const LANES = 2;

const told = ({ wall, processor }: Took): string => `${seconds(wall)} (processor ${seconds(processor)})`;

/** The real workflow, plainly, with an empty cache, and with that of the run before, each with new servers. */
const workflow = (context: BenchContext): Promise<Row[]> =>
  atSite(context, LANES, async (site) => {
    const tasks = await realTasks(site.environments, site.plate);
    const dirs: string[] = [];
    const once = async (warm: boolean): Promise<Took> => {
      dirs.push(await site.newFolder());
      return site.run({ tasks, warm }, dirs.at(-1) ?? '');
    };
    // Files of the environments get into memory, their bytecode is written.
    await once(false);
    const filled: Pair[] = [];
    const empty: Pair[] = [];
    for (let pair = 0; pair < context.pairs; pair += 1) {
      const plain = await once(false);
      await site.endServers();
      await site.forget();
      const first = await once(true);
      await site.endServers();
      const later = await once(true);
      empty.push({ plain, warm: first });
      filled.push({ plain, warm: later });
      context.say(`plain ${told(plain)}, empty cache ${told(first)}, filled ${told(later)}`);
    }
    const [plain = '', first = '', later = ''] = dirs.slice(-3).map(zarrDirOf);
    const what = `28 units, 7 tasks, two environments, ${LANES} at once`;
    return [
      ...pairRows(`${what}, cache of an earlier run`, WARM_FILLED_LIMIT_RATIO, filled),
      ...pairRows('the same, empty cache', WARM_EMPTY_LIMIT_RATIO, empty),
      comparisonRow('its output, cache of an earlier run', await compareFolders(plain, later)),
      comparisonRow('its output, empty cache', await compareFolders(plain, first)),
    ];
  });

const makeSmallImage = async (site: Site): Promise<string> => {
  const dir = await site.newFolder();
  await site.run({ tasks: (await realTasks(site.environments, site.plate)).slice(0, 5), warm: false }, dir);
  const plates = await readdir(zarrDirOf(dir));
  const projected = plates.find((name) => name.includes('mip')) ?? '';
  return join(zarrDirOf(dir), projected, 'A', '01', '0_illum_corr');
};

const images = new Map<string, Promise<string>>();

/** A projected image of the plate, made once for all benches of a call; it goes with their folder. */
const smallImage = (context: BenchContext, site: Site): Promise<string> => {
  const above = dirname(context.folder);
  const known = images.get(above) ?? makeSmallImage(site);
  images.set(above, known);
  return known;
};

const sumOf = (all: Took[]): Took => ({
  wall: sum(all.map(({ wall }) => wall)),
  processor: sum(all.map(({ processor }) => processor)),
});

/** In turns, so many units in all: as many runs as there are pairs, and their server is that of the first. */
const units = (context: BenchContext): Promise<Row[]> =>
  atSite(context, LANES, async (site) => {
    const image = await smallImage(context, site);
    const tasks = await segmentation(site.environments);
    const each = Math.ceil(WARM_UNITS / context.pairs);
    const once = async (warm: boolean): Promise<Took> => {
      const dir = await site.newFolder();
      const copies = await copiesOf(image, zarrDirOf(dir), each);
      return site.run({ tasks, warm, images: copies }, dir);
    };
    const pairs: Pair[] = [];
    await site.endServers();
    for (let pair = 0; pair < context.pairs; pair += 1) {
      pairs.push({ plain: await once(false), warm: await once(true) });
      context.say(
        pairs
          .slice(-1)
          .map(({ plain, warm }) => `plain ${told(plain)}, warm ${told(warm)}`)
          .join(),
      );
    }
    const whole = {
      plain: sumOf(pairs.map(({ plain }) => plain)),
      warm: sumOf(pairs.map(({ warm }) => warm)),
    };
    const what = `${each * context.pairs} units of one real task on small images, ${context.pairs} runs in turns`;
    return pairRows(what, WARM_UNITS_LIMIT_RATIO, [whole]);
  });

/** No Python: only what the launcher adds to a batch is measured. */
const others = (context: BenchContext): Promise<Row[]> =>
  atSite(context, LANES, async (site) => {
    const task = {
      name: 'True',
      type: 'parallel' as const,
      command_parallel: 'true',
      command_non_parallel: null,
    };
    const tasks = [{ id: 1, order: 0, task_type: task.type, task }] as never;
    const once = async (warm: boolean): Promise<Took> => {
      const dir = await site.newFolder();
      return site.run({ tasks, warm, images: plateImages(zarrDirOf(dir), WARM_OTHERS) as never }, dir);
    };
    await once(false);
    const pairs: Pair[] = [];
    for (let pair = 0; pair < WARM_OTHERS_PAIRS_FACTOR * context.pairs; pair += 1) {
      const [first, second] = [await once(pair % 2 === 0), await once(pair % 2 !== 0)];
      pairs.push(pair % 2 === 0 ? { warm: first, plain: second } : { plain: first, warm: second });
      context.say(
        pairs
          .slice(-1)
          .map(({ plain, warm }) => `plain ${told(plain)}, warm ${told(warm)}`)
          .join(),
      );
    }
    return pairRows(`${WARM_OTHERS} units of \`true\`, switch on`, WARM_OTHERS_LIMIT_RATIO, pairs);
  });

interface Peak {
  mib: number;
  processes: number;
}

/** The most that processes naming `prefix` had at once while `work` ran. */
const peakOf = async (prefix: string, work: Promise<unknown>): Promise<Peak> => {
  const ended = work.then(
    () => true,
    () => true,
  );
  const peak = { mib: 0, processes: 0 };
  while (!(await Promise.race([ended, sleep(WARM_MEMORY_SAMPLE_MS, false)]))) {
    const sizes = await Promise.all((await processesNaming(prefix)).map((pid) => memoryMib(pid, 'Pss')));
    peak.mib = Math.max(peak.mib, sum(sizes));
    peak.processes = Math.max(peak.processes, sizes.length);
  }
  await work;
  return peak;
};

/** What the package asks for one unit would let fewer run at once on a small machine. */
const asking = (meta: JsonObject, tasks: WorkflowTask[]): WorkflowTask[] =>
  tasks.map((task) => ({ ...task, meta_parallel: { ...task.meta_parallel, ...meta } }));

const memory = (context: BenchContext): Promise<Row[]> =>
  atSite(context, WARM_MEMORY_UNITS, async (site) => {
    const image = await smallImage(context, site);
    const tasks = asking(
      { cpus_per_task: 1, mem: WARM_MEMORY_UNIT_MB },
      await segmentation(site.environments),
    );
    const { sitePackages } = site.environments.core;
    const once = async (warm: boolean): Promise<number> => {
      const dir = await site.newFolder();
      const copies = await copiesOf(image, zarrDirOf(dir), 2 * WARM_MEMORY_UNITS);
      const run = site.run({ tasks, warm, images: copies }, dir);
      const { mib, processes } = await peakOf(warm ? site.servers : sitePackages, run);
      if (processes < WARM_MEMORY_UNITS)
        throw new Error(
          `${processes} processes were seen at once, and ${WARM_MEMORY_UNITS} units are to be measured`,
        );
      return mib;
    };
    const plain: number[] = [];
    const warm: number[] = [];
    for (let pair = 0; pair < context.pairs; pair += 1) {
      plain.push(await once(false));
      await site.endServers();
      warm.push(await once(true));
      context.say(`plain ${plain.at(-1)?.toFixed(0) ?? ''} MiB, warm ${warm.at(-1)?.toFixed(0) ?? ''} MiB`);
    }
    const ratio = median(warm) / median(plain);
    return [
      {
        what: `memory (PSS) of ${WARM_MEMORY_UNITS} units at once, with the server`,
        measured: `${median(warm).toFixed(0)} MiB`,
        peer: `plain: ${median(plain).toFixed(0)} MiB`,
        ratio: times(ratio),
        ...judged(ratio, WARM_MEMORY_LIMIT_RATIO, null),
      },
    ];
  });

/** Some 20 minutes with five pairs on two quiet cores, and packages from PyPI: run where it is asked for by name. */
export const warmBenches: Bench[] = [
  { name: 'warm-workflow', title: 'a real workflow, warm and plain', run: workflow, byNameOnly: true },
  { name: 'warm-units', title: 'units of one real task, warm and plain', run: units, byNameOnly: true },
  {
    name: 'warm-others',
    title: 'units that are not Python, switch on and off',
    run: others,
    byNameOnly: true,
  },
  { name: 'warm-memory', title: 'memory of units at once, warm and plain', run: memory, byNameOnly: true },
];
