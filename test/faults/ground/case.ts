/** One case: two runs, some faults at random moments, and what must hold in the end. */
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { isEnded } from '../../../src/client/index.js';
import { bounded } from './bounded.js';
import { operate } from './drive.js';
import type { Fault } from './fault.js';
import { drawAim, injectAll } from './inject.js';
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

/** All that lies over one another there. */
const unmount = async (path: string): Promise<void> => {
  while (!(await execa('umount', ['-l', path], { reject: false })).failed);
};

const stateOf = (run: RunUnderFault): Promise<string> =>
  run.persist(async ({ temporal }) => (await temporal.describe()).status.name);

const untilOver = async (run: RunUnderFault, deadline: number): Promise<string | null> => {
  for (;;) {
    const state = await stateOf(run);
    if (isEnded(state)) return state;
    if (Date.now() > deadline) return null;
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
const keep = async (world: World, dir: string, { seed, violations }: CaseReport): Promise<void> => {
  const kept = join(tmpdir(), `faults-kept-${world.backend}-${seed}-${Date.now()}`);
  await cp(dir, join(kept, 'runs'), { recursive: true, filter: (path) => !path.endsWith('/filler') });
  for (const name of ['server.log', 'workflow worker.log', 'worker 1.log', 'worker 2.log'])
    await cp(join(world.dir, name), join(kept, name)).catch(() => undefined);
  console.log([...violations, `kept: ${kept}`].join('\n  '));
};

/** What the runs say of themselves, for a case that does not come to its end. */
const words = async (runs: readonly RunUnderFault[]): Promise<string> => {
  const said = runs.map((run) =>
    run.persist(async (handle) => `${run.workflowId}: ${JSON.stringify(await handle.progress())}`),
  );
  return (await Promise.all(said)).join('\n  ');
};

const judge = async (
  runs: readonly RunUnderFault[],
  states: readonly (string | null)[],
  faults: readonly Fault[],
): Promise<string[]> => {
  const problems = runs.map(async (run, index) => {
    const state = states[index] ?? null;
    const all =
      state === null
        ? [`it neither ends nor is held: ${await words([run])}`]
        : await judgeRun({ run, faults }, state);
    return all.map((problem) => `${run.workflowId} (${run.shape.kind}): ${problem}`);
  });
  return (await Promise.all(problems)).flat();
};

export const runCase = async (world: World, { seed, faults, isLong }: CaseSpec): Promise<CaseReport> => {
  const random = randomOf(seed);
  const { dir, own } = await world.folder();
  const specs = ([0, 1] as const).map((worker): RunSpec => ({
    ...{ world, worker, own, dir: join(dir, `run-${worker}`) },
    place: placeIn(join(dir, `run-${worker}`)),
    shape: drawShape(random, LONGEST_UNIT_TENTHS),
  }));
  for (const spec of specs) await makeFolders(spec);
  const aims = faults.map((fault) => drawAim(random, fault));
  const disks = new Set(
    aims.flatMap(({ fault, victim }) =>
      fault.needs === 'own disk' ? (specs[victim]?.place.runDir ?? []) : [],
    ),
  );
  for (const disk of disks) await mountDisk(disk, own);
  const report: CaseReport = { seed, injected: [], silence: 0, violations: [] };
  const runs: RunUnderFault[] = [];
  const behind: { stop(): Promise<unknown> }[] = [];
  try {
    runs.push(...(await Promise.all(specs.map((spec) => startRun(spec)))));
    const watches = runs.map((run) => watchSilence(world, run));
    let healed = false;
    const drivers = runs.map((run) => operate(run, random, () => healed));
    behind.push(...watches, ...drivers);
    const begin = (): void => watches.forEach((watch) => watch.begin());
    if (aims.length === 0) begin();
    const injected = await injectAll({ world, runs, aims, isLong, begin });
    report.injected = injected.map(({ name }) => name);
    healed = true;
    const deadline = Date.now() + PATIENCE_MS;
    const states = await Promise.all(runs.map((run) => untilOver(run, deadline)));
    await Promise.all(drivers.map((driver) => driver.stop()));
    report.silence = Math.max(...(await Promise.all(watches.map((watch) => watch.stop()))));
    report.violations.push(...(await judge(runs, states, injected)), ...(await untilNothingLeft(world, dir)));
  } catch (error) {
    const asked = bounded('what the runs say', LEFT_MS, words(runs)).catch(String);
    report.violations.push(`the case has no end: ${String(error)}\n  ${await asked}`);
  } finally {
    for (const one of behind) one.stop().catch(() => undefined);
    if (report.violations.length > 0) await keep(world, dir, report);
    for (const disk of disks) await unmount(disk);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  return report;
};
