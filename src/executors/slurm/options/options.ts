/**
 * Which SLURM options a task's jobs get: the configuration's defaults, over them its GPU options, over them the
 * task's meta (docs/slurm.md). Pure.
 */
import { LayoutError } from '../../../batch/errors.js';
import type { LayoutInput } from '../../../batch/contract.js';
import type { JsonObject, JsonValue } from '../../../wire/request.js';
import { cacheDirExport } from '../../cache-dir.js';
import type { SlurmConfig, SlurmOptionSet } from './config.js';
import { MEMORY_SYNTAX, parseMemory } from '../../../quantities/memory.js';
import type { SlurmResources } from './resources.js';
import { sbatchLinesFirst } from './sbatch-lines.js';
import { checkShellLines } from './shell-lines.js';
import { isTimeLimit, TIME_SYNTAX } from '../../../quantities/time-limit.js';

export interface TaskOptions {
  resources: SlurmResources;
  /** From meta; null or 0 where not given. */
  unitsPerJob: number | null;
  unitsAtOnce: number | null;
}

const TEXT_OPTIONS = ['constraint', 'gres', 'gpus', 'time', 'nodelist', 'exclude'] as const;

const overlay = (base: SlurmOptionSet, over: SlurmOptionSet | null | undefined): SlurmOptionSet => ({
  ...base,
  ...Object.fromEntries(
    Object.entries(over ?? {}).filter(([, value]) => value !== null && value !== undefined),
  ),
});

const wrong = (key: string, expected: string, got: JsonValue | undefined): LayoutError =>
  new LayoutError(`${key}: expected ${expected}, got ${JSON.stringify(got ?? null).slice(0, 200)}`);

const given = (meta: JsonObject, key: string): JsonValue | undefined => meta[key] ?? undefined;

const required = (value: number | null | undefined, key: string): number => {
  if (value !== null && value !== undefined) return value;
  throw new LayoutError(`${key}: expected in the task's meta or in default_slurm_config, got neither`);
};

const isLine = (text: string): boolean => text.trim() !== '' && !/\p{Cc}/u.test(text);

const lineOf = (meta: JsonObject, key: string): string | null => {
  const value = given(meta, key);
  if (value === undefined) return null;
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'string' && isLine(text)) return text;
  throw wrong(key, 'one line of text without control characters', value);
};

const checkTime = (meta: JsonObject): void => {
  const text = lineOf(meta, 'time');
  if (text !== null && !isTimeLimit(text)) throw wrong('time', TIME_SYNTAX, meta['time']);
};

const linesOf = (meta: JsonObject, key: string): string[] => {
  const value = given(meta, key);
  if (value === undefined) return [];
  if (
    Array.isArray(value) &&
    value.every((line): line is string => typeof line === 'string' && !/[^\P{Cc}\t]/u.test(line))
  ) {
    return value;
  }
  throw wrong(key, 'a list of lines without control characters', value);
};

const wholeNumber = (value: JsonValue): number | null => {
  const number = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
};

const countOf = (meta: JsonObject, key: string): number | null => {
  const value = given(meta, key);
  if (value === undefined) return null;
  const number = wholeNumber(value);
  if (number === null) throw wrong(key, 'a whole number, 0 for none', value);
  return number;
};

const positiveOf = (meta: JsonObject, key: string): number | null => {
  const value = given(meta, key);
  if (value === undefined) return null;
  const number = wholeNumber(value);
  if (number === null || number === 0) throw wrong(key, 'a whole number, at least 1', value);
  return number;
};

const checkNodes = (meta: JsonObject): void => {
  const nodes = positiveOf(meta, 'nodes');
  if (nodes !== null && nodes > 1)
    throw wrong('nodes', '1 or none (the units of a job run on one node)', nodes);
};

const memoryOf = (meta: JsonObject): number | null => {
  const value = given(meta, 'mem');
  if (value === undefined) return null;
  const megabytes = parseMemory(value);
  if (megabytes === null) throw wrong('mem', MEMORY_SYNTAX, value);
  return megabytes;
};

/** Fractal's web client stores what a user typed: the text "False" is false. */
const booleanOf = (meta: JsonObject, key: string): boolean => {
  const value = given(meta, key);
  if (value === undefined) return false;
  const word = String(value).trim().toLowerCase();
  if (['true', '1', 'yes', 'on', 't', 'y'].includes(word)) return true;
  if (['false', '0', 'no', 'off', 'f', 'n', ''].includes(word)) return false;
  throw wrong(key, 'true or false', value);
};

const accountOf = ({ slurmAccount }: LayoutInput): string | null => {
  if (slurmAccount === null) return null;
  if (isLine(slurmAccount)) return slurmAccount;
  throw wrong('slurm_account', 'one line of text without control characters', slurmAccount);
};

const exportsOf = (config: SlurmConfig, userCacheDir: string | null): Record<string, string> => {
  const exports = Object.entries(config.user_local_exports ?? {});
  if (exports.length === 0) return cacheDirExport(userCacheDir);
  if (userCacheDir === null || !userCacheDir.startsWith('/') || /\p{Cc}/u.test(userCacheDir)) {
    throw wrong(
      'user_cache_dir',
      'an absolute path (the SLURM configuration has user_local_exports)',
      userCacheDir,
    );
  }
  const folder = userCacheDir.replace(/\/+$/, '');
  return {
    ...cacheDirExport(userCacheDir),
    ...Object.fromEntries(exports.map(([name, path]) => [name, `${folder}/${path}`])),
  };
};

/**
 * @throws LayoutError naming the key, what was expected and what came: wrong types, an `account` in meta, several
 * nodes, shell lines where the configuration refuses them.
 */
export const taskOptions = (config: SlurmConfig, input: LayoutInput): TaskOptions => {
  const { meta } = input;
  checkTime(meta);
  if (given(meta, 'account') !== undefined) {
    throw wrong(
      'account',
      'none in a task (the account comes with the request, as slurm_account)',
      meta['account'],
    );
  }
  const needsGpu = booleanOf(meta, 'needs_gpu');
  const base = overlay(config.default_slurm_config, needsGpu ? config.gpu_slurm_config : null);
  checkNodes(meta);
  const memory =
    config.runner_config.memory_option ?? (base.use_mem_per_cpu === true ? 'mem-per-cpu' : 'mem');
  const extraLines = [...(base.extra_lines ?? []), ...linesOf(meta, 'extra_lines')];
  checkShellLines({ config, meta, workerInit: input.workerInit });
  const init = sbatchLinesFirst((input.workerInit ?? '').replaceAll('\r\n', '\n').split('\n'));
  const texts = Object.fromEntries(
    TEXT_OPTIONS.map((key) => [key, lineOf(meta, key) ?? base[key] ?? null]),
  ) as Record<(typeof TEXT_OPTIONS)[number], string | null>;
  return {
    resources: {
      partition: base.partition ?? null,
      cpus_per_unit: positiveOf(meta, 'cpus_per_task') ?? required(base.cpus_per_task, 'cpus_per_task'),
      mem_mb_per_unit: memoryOf(meta) ?? base.mem ?? null,
      ...(memory === 'mem' ? {} : { memory_option: memory }),
      ...texts,
      account: accountOf(input) ?? base.account ?? null,
      extra_lines: [...new Set([...extraLines, ...init.sbatch])],
      exports: exportsOf(config, input.userCacheDir),
      worker_init: init.others.some((line) => line.trim() !== '') ? init.others.join('\n') : null,
      needs_gpu: needsGpu,
    },
    unitsPerJob: countOf(meta, 'tasks_per_job'),
    unitsAtOnce: countOf(meta, 'parallel_tasks_per_job'),
  };
};
