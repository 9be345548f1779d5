/** What a host has for units, and what one takes of it while it runs. Pure. */

export interface Amounts {
  units: number;
  cpus: number;
  mem_mb: number;
  gpus: number;
}

/** Of a unit that asks for nothing. */
export const ONE_UNIT: Amounts = { units: 1, cpus: 1, mem_mb: 0, gpus: 0 };

export const NOTHING: Amounts = { units: 0, cpus: 0, mem_mb: 0, gpus: 0 };

const KINDS = ['units', 'cpus', 'mem_mb', 'gpus'] as const;

export const plus = (left: Amounts, right: Amounts, times = 1): Amounts => ({
  units: left.units + times * right.units,
  cpus: left.cpus + times * right.cpus,
  mem_mb: left.mem_mb + times * right.mem_mb,
  gpus: left.gpus + times * right.gpus,
});

export const fits = (asked: Amounts, free: Amounts): boolean =>
  KINDS.every((kind) => asked[kind] <= free[kind]);

/** How many units of one kind fit at once. */
export const howMany = (one: Amounts, all: Amounts): number =>
  Math.min(...KINDS.filter((kind) => one[kind] > 0).map((kind) => Math.floor(all[kind] / one[kind])));
