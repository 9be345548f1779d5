/** What units of this host may have, declared or found, and what a unit asks for (docs/local.md, "What units ask for"). */
import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { LayoutError } from '../../batch/errors.js';
import { MEMORY_SYNTAX, parseMemory } from '../../quantities/memory.js';
import type { JsonObject, JsonValue } from '../../wire/request.js';
import type { LocalConfig } from './config.js';
import { ONE_UNIT, type Amounts } from './width/amounts.js';

export interface HostResources {
  /** What all units together may take; Infinity where nobody counts. */
  all: Amounts;
  /** As CUDA_VISIBLE_DEVICES names them; null: units get none of their own. */
  gpuIds: string[] | null;
}

const NVIDIA_GPUS = '/proc/driver/nvidia/gpus';
const BYTES_PER_MB = 1e6;

/** Those that the worker itself may use, where it was told; else all of the host. */
const findGpus = (): string[] => {
  const told = process.env.CUDA_VISIBLE_DEVICES;
  if (told !== undefined) return told.split(',').filter((id) => id !== '' && id !== '-1');
  try {
    return readdirSync(NVIDIA_GPUS).map((_, index) => String(index));
  } catch {
    return [];
  }
};

/** The host's, or less where a container or a service may use less. */
const findMemory = (): number => {
  const allowed = process.constrainedMemory();
  const bytes = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
  return Math.floor(bytes / BYTES_PER_MB);
};

/** @param maxUnits units at once; also without a word of the configuration units of one CPU each reach it. */
export const hostResources = (
  { cpus, mem, gpus }: Partial<Pick<LocalConfig, 'cpus' | 'mem' | 'gpus'>>,
  maxUnits: number,
): HostResources => {
  const found = gpus === undefined ? findGpus() : gpus;
  const ids = typeof found === 'number' ? Array.from({ length: found }, (_, index) => String(index)) : found;
  return {
    all: {
      units: maxUnits,
      cpus: cpus === null ? Infinity : (cpus ?? Math.max(maxUnits, availableParallelism())),
      mem_mb: mem === null ? Infinity : (mem ?? findMemory()),
      gpus: ids === null ? Infinity : ids.length,
    },
    gpuIds: ids,
  };
};

const wrong = (key: string, expected: string, got: JsonValue | undefined): LayoutError =>
  new LayoutError(`${key}: expected ${expected}, got ${JSON.stringify(got ?? null).slice(0, 200)}`);

const whole = (value: JsonValue): number | null => {
  const number = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : null;
};

const cpusOf = (value: JsonValue): number => {
  const cpus = whole(value);
  if (cpus === null) throw wrong('cpus_per_task', 'a whole number, at least 1', value);
  return cpus;
};

const memoryOf = (value: JsonValue): number => {
  const megabytes = parseMemory(value);
  if (megabytes === null) throw wrong('mem', MEMORY_SYNTAX, value);
  return megabytes;
};

/** The number at the end: `2`, `a100:2`; of other texts one. */
const countAtEnd = (text: string): number => Number(/(?:^|:)(\d+)$/.exec(text)?.[1] ?? 1);

const gpusOf = ({ needs_gpu: needs, gpus, gres }: JsonObject): number => {
  const isNeeded = ['true', '1', 'yes', 'on', 't', 'y'].includes(
    String(needs ?? '')
      .trim()
      .toLowerCase(),
  );
  const named = [
    ...(gpus === undefined || gpus === null ? [] : [countAtEnd(String(gpus))]),
    ...String(gres ?? '')
      .split(',')
      .filter((part) => /^gpu(:|$)/.test(part.trim()))
      .map((part) => countAtEnd(part.trim())),
  ];
  return Math.max(isNeeded ? 1 : 0, ...named);
};

const numberAt = (resources: JsonObject, key: string, otherwise: number): number => {
  const value = resources[key];
  return typeof value === 'number' ? value : otherwise;
};

/** @param resources of a layout of this backend. */
export const amountsOf = (resources: JsonObject): Amounts => ({
  units: ONE_UNIT.units,
  cpus: numberAt(resources, 'cpus_per_unit', ONE_UNIT.cpus),
  mem_mb: numberAt(resources, 'mem_mb_per_unit', ONE_UNIT.mem_mb),
  gpus: numberAt(resources, 'gpus_per_unit', ONE_UNIT.gpus),
});

/** What a unit asks for, as the task's meta says it; only what it says is in `asked`. */
export interface Needs {
  one: Amounts;
  /** A type of its own for the plan: JSON. */
  asked: { cpus_per_unit?: number; mem_mb_per_unit?: number; gpus_per_unit?: number };
}

/** @throws LayoutError naming the key, what was expected and what came. */
export const needsOf = (meta: JsonObject): Needs => {
  const { cpus_per_task: cpus = null, mem = null } = meta;
  const gpus = gpusOf(meta);
  const asked = {
    ...(cpus === null ? {} : { cpus_per_unit: cpusOf(cpus) }),
    ...(mem === null ? {} : { mem_mb_per_unit: memoryOf(mem) }),
    ...(gpus === 0 ? {} : { gpus_per_unit: gpus }),
  };
  return { one: amountsOf(asked), asked };
};

const REFUSALS = [
  { kind: 'cpus', key: 'cpus_per_task', unit: '', option: 'cpus', what: 'CPUs' },
  { kind: 'mem_mb', key: 'mem', unit: ' MB', option: 'mem', what: 'memory' },
  { kind: 'gpus', key: 'needs_gpu or gpus', unit: '', option: 'gpus', what: 'GPUs' },
] as const;

/** @throws LayoutError where a unit asks for more than all units together may have. */
export const refuseOversized = ({ one }: Needs, { all }: HostResources): void => {
  for (const { kind, key, unit, option, what } of REFUSALS) {
    if (one[kind] <= all[kind]) continue;
    throw new LayoutError(
      `${key}: expected at most ${all[kind]}${unit}, the ${what} of this host for units, got ${one[kind]}${unit}; ` +
        `where it has more, or none of it shall be counted (null), say so as "${option}" in the file of --local-config`,
    );
  }
};
