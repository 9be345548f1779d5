/** Batches that share what a host has, what one of their units takes, and what the host has. */
import type { Amounts } from '../../../../src/executors/local/width/amounts.js';
import type { SharingBatch } from '../../../../src/executors/local/width/width.js';

export const batch = (
  key: string,
  run: string,
  lanes: number,
  more: Partial<SharingBatch> = {},
): SharingBatch => ({
  ...{ key, run, lanes, width: 0, active: new Set<number>(), finished: new Set<number>() },
  ...more,
});

/** Units at once, and nothing else that counts. */
export const slots = (units: number): Amounts => ({
  units,
  cpus: Infinity,
  mem_mb: Infinity,
  gpus: Infinity,
});

export const cost = (cpus: number, mem_mb = 0, gpus = 0): Amounts => ({ units: 1, cpus, mem_mb, gpus });
