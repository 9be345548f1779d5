/** Faults at random moments of the runs of a case. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { bounded } from './bounded.js';
import type { Fault } from './fault.js';
import { randomOf, type Random } from './random.js';
import type { RunUnderFault } from './run.js';
import type { World } from './world.js';

const LOOK_MS = 100;
/** From a run's start until a fault is healed: moment, the faults before it, five minutes away, and a start on busy cores. */
const HEALED_MS = 900_000;

/** Which run a fault is aimed at, and when. */
export interface Aim {
  fault: Fault;
  victim: number;
  /** So many units of the run have begun, */
  begun: number;
  /** and so many tenths of a second are over since. */
  tenths: number;
  own: Random;
}

export const drawAim = (random: Random, fault: Fault): Aim => ({
  fault,
  victim: random.between(0, 1),
  begun: random.between(0, 8),
  tenths: random.between(0, 8),
  own: randomOf(random.between(0, 2 ** 31)),
});

/** Waits for the moment: so many units of the run have begun, or it stands or is over. */
const momentOf = async (run: RunUnderFault, begun: number, tenths: number): Promise<void> => {
  while ((await run.begun()) < begun && !(await run.standsStill())) await sleep(LOOK_MS);
  await sleep(tenths * 100);
};

/** Faults that need the same follow each other; always taken in the same order, so that none waits for ever. */
const createLocks = (): ((keys: readonly string[], act: () => Promise<boolean>) => Promise<boolean>) => {
  const locks = new Map<string, LimitFunction>();
  const hold = ([key, ...others]: readonly string[], act: () => Promise<boolean>): Promise<boolean> => {
    if (key === undefined) return act();
    const lock = locks.get(key) ?? pLimit(1);
    locks.set(key, lock);
    return lock(() => hold(others, act));
  };
  return (keys, act) => hold([...keys].sort(), act);
};

export interface Injection {
  world: World;
  runs: readonly RunUnderFault[];
  aims: readonly Aim[];
  isLong: boolean;
  /** Called when the first of them happens. */
  begin: () => void;
}

/**
 * Resolves to those that met something, when all are healed; rejects, in words, where one does not come to that, when the
 * others are: what they have done to disks and parts is not to be in the way of whoever cleans up.
 */
export const injectAll = async ({ world, runs, aims, isLong, begin }: Injection): Promise<Fault[]> => {
  const seconds = (long: number, short: number): number => (isLong ? long : short);
  const holding = createLocks();
  const one = async ({ fault, victim, begun, tenths, own }: Aim): Promise<Fault[]> => {
    const run = runs[victim];
    if (run === undefined) return [];
    await momentOf(run, begun, tenths);
    begin();
    const target = { world, run, random: own, seconds };
    const held = fault.holds?.(target) ?? fault.name;
    const keys = typeof held === 'string' ? [held] : held;
    return (await holding(keys, () => fault.inject(target))) ? [fault] : [];
  };
  const healed = aims.map((aim) =>
    bounded(`"${aim.fault.name}" finds its moment, happens and is healed`, HEALED_MS, one(aim)),
  );
  await Promise.allSettled(healed);
  return (await Promise.all(healed)).flat();
};
