/** Many cases in some worlds side by side, until so many faults were injected. */
import { appendFileSync } from 'node:fs';
import type { Fault } from './fault.js';
import { runCase, type CaseReport } from './case.js';
import { randomOf, type Random } from './random.js';
import type { World } from './world.js';

export interface CampaignSpec {
  seed: number;
  /** Faults to inject, at least. */
  count: number;
  worlds: number;
  start: () => Promise<World>;
  faultsOf: (world: World) => readonly Fault[];
  /** Only these, in each case all of them. */
  only?: readonly string[];
  isLong: boolean;
  /** Cases without any fault, for comparison. */
  calm: number;
  /** No further case begins after it. */
  deadline?: number;
}

/** How many faults a case has: most have one, so that its silence is that fault's. */
const SIZES = [1, 1, 1, 2, 2, 3];

/** Deals each fault about as often as every other. */
const createDeck = (random: Random, all: () => readonly Fault[]): ((size: number) => Fault[]) => {
  let deck: Fault[] = [];
  return (size) => {
    const dealt: Fault[] = [];
    while (dealt.length < size) {
      if (deck.length === 0) deck = random.shuffled(all());
      const next = deck.pop();
      if (next === undefined) throw new Error('there are no faults for this world');
      dealt.push(next);
    }
    return dealt;
  };
};

const say = (world: World, report: CaseReport, faults: readonly Fault[], ms: number): void => {
  const names = faults.map(({ name }) => name + (report.injected.includes(name) ? '' : ' (met nothing)'));
  const words = names.join(' + ') || 'no fault';
  const seconds = (ms / 1_000).toFixed(0);
  console.log(
    `${world.backend} seed ${report.seed}: ${words}: ${report.violations.length === 0 ? 'survived' : 'FAILED'}` +
      ` in ${seconds} s, silence ${(report.silence / 1_000).toFixed(1)} s`,
  );
  const file = process.env['FRACTAL_FAULTS_REPORT'];
  const drawn = faults.map(({ name }) => name);
  const line = { backend: world.backend, ...report, faults: drawn, seconds: Number(seconds) };
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
};

export const runCampaign = async (spec: CampaignSpec): Promise<CaseReport[]> => {
  const random = randomOf(spec.seed);
  const reports: CaseReport[] = [];
  let seed = spec.seed;
  let { calm } = spec;
  let promised = 0;
  const injected = (): number => reports.reduce((sum, report) => sum + report.injected.length, 0);
  let deal: ((size: number) => Fault[]) | null = null;
  const next = (world: World): Fault[] => {
    if (calm > 0) {
      calm -= 1;
      return [];
    }
    if (spec.only !== undefined) {
      const { only } = spec;
      return spec.faultsOf(world).filter(({ name }) => only.includes(name));
    }
    deal ??= createDeck(random, () => spec.faultsOf(world));
    return deal(Math.min(random.pick(SIZES), spec.count - promised));
  };
  const isOver = (): boolean =>
    calm === 0 && (promised >= spec.count || (spec.deadline !== undefined && Date.now() > spec.deadline));

  /** Which of several faults is enough for the failure. */
  const isolate = async (world: World, report: CaseReport, faults: readonly Fault[]): Promise<void> => {
    if (faults.length < 2) return;
    for (const fault of faults) {
      const alone = await runCase(world, { seed: report.seed, faults: [fault], isLong: spec.isLong });
      if (alone.violations.length > 0)
        console.log(`  ${fault.name} alone is enough: ${alone.violations.join('; ')}`);
    }
  };

  const live = async (): Promise<void> => {
    let world = await spec.start();
    try {
      while (!isOver()) {
        const faults = next(world);
        promised += faults.length;
        const one = { seed: (seed += 1) - 1, faults, isLong: spec.isLong };
        const began = performance.now();
        const report = await runCase(world, one);
        reports.push(report);
        // Those that met nothing are to be made up for.
        promised -= faults.length - report.injected.length;
        say(world, report, faults, performance.now() - began);
        if (report.violations.length === 0) continue;
        // What it has broken must not be blamed on the next.
        await world.stop();
        world = await spec.start();
        await isolate(world, report, faults);
      }
    } finally {
      await world.stop();
    }
  };

  await Promise.all(Array.from({ length: spec.worlds }, live));
  console.log(`${injected()} faults in ${reports.length} cases`);
  return reports;
};
