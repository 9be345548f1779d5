/** One case: two runs, some faults at random moments, and what must hold in the end. */
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pLimit, { type LimitFunction } from 'p-limit';
import { isEnded } from '../../../src/client/index.js';
import { operate } from './drive.js';
import type { Fault } from './fault.js';
import { judgeRun, leftIn } from './invariants.js';
import { randomOf } from './random.js';
import { makeFolders, placeIn, startRun, type RunSpec, type RunUnderFault } from './run.js';
import { drawShape } from './shape.js';
import { watchSilence } from './silence.js';
import type { World } from './world.js';

export interface CaseSpec {
  seed: number;
  faults: readonly Fault[];
  /** Seconds of long absences as the issue names them, in place of short ones. */
  isLong: boolean;
}

export interface CaseReport {
  seed: number;
  /** Faults that met something. */
  injected: string[];
  /** Longest silence in milliseconds. */
  silence: number;
  violations: string[];
}

const LOOK_MS = 100;
/** A run that has not ended so long after all faults are healed is stuck. */
const PATIENCE_MS = 240_000;
const LEFT_MS = 20_000;
const DISK_MB = 4;
const LONGEST_UNIT_TENTHS = 12;

const mountDisk = async (path: string, own: (path: string) => Promise<void>): Promise<void> => {
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'fractal-faults', path]);
  await own(path);
};

/** Waits for the moment: so many units of the run have begun, or it stands or is over. */
const momentOf = async (run: RunUnderFault, begun: number, tenths: number): Promise<void> => {
  while ((await run.begun()) < begun) {
    const { state, progress } = await run.persist((handle) => handle.progress());
    if (isEnded(state) || progress?.status === 'held') break;
    await sleep(LOOK_MS);
  }
  await sleep(tenths * 100);
};

const stateOf = (run: RunUnderFault): Promise<string> =>
  run.persist(async ({ temporal }) => (await temporal.describe()).status.name);

const untilOver = async (run: RunUnderFault, deadline: () => number): Promise<string | null> => {
  for (;;) {
    const state = await stateOf(run);
    if (isEnded(state)) return state;
    if (Date.now() > deadline()) return null;
    await sleep(LOOK_MS);
  }
};

const untilNothingLeft = async (world: World, dir: string): Promise<string[]> => {
  const deadline = Date.now() + LEFT_MS;
  for (;;) {
    const left = [...(await leftIn(dir)), ...(await world.hostFiles()), ...(await world.jobsIn(dir))];
    if (left.length === 0 || Date.now() > deadline) return left.map((what) => `left behind: ${what}`);
    await sleep(LOOK_MS * 5);
  }
};

/** What shows how it came about: files of the runs, what the parts have said. */
const keep = async (world: World, dir: string, seed: number): Promise<void> => {
  const kept = join(tmpdir(), `faults-kept-${world.backend}-${seed}-${Date.now()}`);
  await cp(dir, join(kept, 'runs'), { recursive: true, filter: (path) => !path.endsWith('/filler') });
  for (const name of ['server.log', 'workflow worker.log', 'worker 1.log', 'worker 2.log'])
    await cp(join(world.dir, name), join(kept, name)).catch(() => undefined);
  console.log(`kept: ${kept}`);
};

export const runCase = async (world: World, { seed, faults, isLong }: CaseSpec): Promise<CaseReport> => {
  const random = randomOf(seed);
  const { dir, own } = await world.folder();
  const violations: string[] = [];
  const specs = ([0, 1] as const).map((worker): RunSpec => ({
    ...{ world, worker, own, dir: join(dir, `run-${worker}`) },
    place: placeIn(join(dir, `run-${worker}`)),
    shape: drawShape(random, LONGEST_UNIT_TENTHS),
  }));
  for (const spec of specs) await makeFolders(spec);
  const aims = faults.map((fault) => ({
    fault,
    victim: random.between(0, 1),
    begun: random.between(0, 8),
    tenths: random.between(0, 8),
    own: randomOf(random.between(0, 2 ** 31)),
  }));
  const disks = new Set(
    aims.flatMap(({ fault, victim }) =>
      fault.needs === 'own disk' ? (specs[victim]?.place.runDir ?? []) : [],
    ),
  );
  for (const disk of disks) await mountDisk(disk, own);
  try {
    const runs = await Promise.all(specs.map((spec) => startRun(spec)));
    const watches = runs.map((run) => watchSilence(world, run));
    const queues = new Map<string, LimitFunction>();
    let healed = false;
    let last = Date.now();
    const drivers = runs.map((run) => operate(run, random, () => healed));
    const injecting = aims.map(async ({ fault, victim, begun, tenths, own: dice }) => {
      const run = runs[victim];
      if (run === undefined) return [];
      await momentOf(run, begun, tenths);
      for (const watch of watches) watch.begin();
      const seconds = (long: number, short: number): number => (isLong ? long : short);
      const target = { world, run, random: dice, seconds };
      const key = fault.holds?.(target) ?? fault.name;
      const queue = queues.get(key) ?? pLimit(1);
      queues.set(key, queue);
      return (await queue(() => fault.inject(target))) ? [fault] : [];
    });
    if (aims.length === 0) for (const watch of watches) watch.begin();
    const injected = (await Promise.all(injecting)).flat();
    healed = true;
    last = Date.now();
    const states = await Promise.all(runs.map((run) => untilOver(run, () => last + PATIENCE_MS)));
    await Promise.all(drivers.map((driver) => driver.stop()));
    const silences = await Promise.all(watches.map((watch) => watch.stop()));
    for (const [index, run] of runs.entries()) {
      const state = states[index] ?? null;
      const problems =
        state === null
          ? [
              `it neither ends nor is held: ${await run.persist(async (h) => JSON.stringify(await h.progress()))}`,
            ]
          : await judgeRun({ run, faults: injected }, state);
      violations.push(...problems.map((problem) => `${run.workflowId} (${run.shape.kind}): ${problem}`));
    }
    violations.push(...(await untilNothingLeft(world, dir)));
    return {
      ...{ seed, violations, injected: injected.map(({ name }) => name) },
      silence: Math.max(0, ...silences),
    };
  } finally {
    if (violations.length > 0) await keep(world, dir, seed);
    for (const disk of disks) await execa('umount', ['-l', disk], { reject: false });
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
};
