/**
 * The configuration file of a SLURM worker: Fractal's own file, and one more section, `runner_config`, with what
 * this runner lets a site set (docs/slurm.md has every option with its default and reason).
 */
import { z } from 'zod';
import { MEMORY_OPTIONS } from './resources.js';
import { configOfResource } from './resource-file.js';
import type { InputError } from '../../../wire/failure.js';
import { MEMORY_SYNTAX, parseMemory } from '../../../quantities/memory.js';
import { isTimeLimit, TIME_SYNTAX } from '../../../quantities/time-limit.js';
import { didYouMean } from '../../../validation/did-you-mean.js';
import { recoveryRules } from '../../../validation/schemas/recovery.js';
import {
  DEFAULT_COMMAND_TIMEOUT_SECONDS,
  DEFAULT_LATE_FILE_WAIT_SECONDS,
  DEFAULT_POLL_INTERVAL_SECONDS,
  DEFAULT_SBATCH_TIMEOUT_SECONDS,
  DEFAULT_SUBMISSIONS_PER_MINUTE,
  DEFAULT_UNCLEAR_REFUSAL_PATIENCE_SECONDS,
} from '../tunables.js';

const LINE_SYNTAX = 'one line of text without control characters';
const isLine = (text: string) => text.length > 0 && !/\p{Cc}/u.test(text);
const line = z.string().refine(isLine, { error: LINE_SYNTAX });
const count = z.int().positive();
const memory = z
  .union([z.int(), z.string()])
  .refine((value) => parseMemory(value) !== null, { error: MEMORY_SYNTAX })
  .transform((value) => parseMemory(value) ?? 0);

const optionSet = z.strictObject({
  partition: line.nullish(),
  cpus_per_task: count.nullish(),
  mem: memory.nullish(),
  constraint: line.nullish(),
  gres: line.nullish(),
  gpus: line.nullish(),
  time: line.refine(isTimeLimit, { error: TIME_SYNTAX }).nullish(),
  account: line.nullish(),
  nodelist: line.nullish(),
  exclude: line.nullish(),
  /** A batch runs on one node. */
  nodes: z.literal(1, { error: '1 or none: the units of a job run on one node' }).nullish(),
  extra_lines: z.array(line).nullish(),
  /** Of it only `-l` counts: the script is one of bash. */
  shebang_line: line.nullish(),
  /** `--mem-per-cpu` in place of `--mem`. */
  use_mem_per_cpu: z.boolean().nullish(),
  pre_submission_commands: z.array(line).nullish(),
});

const batching = z.strictObject({
  target_cpus_per_job: count,
  max_cpus_per_job: count,
  target_mem_per_job: memory,
  max_mem_per_job: memory,
  target_num_jobs: count,
  max_num_jobs: count,
});

const seconds = z.number().positive();
const runner = z.strictObject({
  poll_interval_seconds: seconds.default(DEFAULT_POLL_INTERVAL_SECONDS),
  /** null: from the controller's SlurmdTimeout and KillWait. */
  vanish_window_seconds: seconds.nullable().default(null),
  command_timeout_seconds: seconds.default(DEFAULT_COMMAND_TIMEOUT_SECONDS),
  sbatch_timeout_seconds: seconds.default(DEFAULT_SBATCH_TIMEOUT_SECONDS),
  /** null: the controller's MessageTimeout. */
  message_timeout_seconds: seconds.nullable().default(null),
  /** Of this user, pending or running, whoever submitted them. */
  max_jobs_at_once: count.nullable().default(null),
  max_submissions_per_minute: count.default(DEFAULT_SUBMISSIONS_PER_MINUTE),
  /** false: requests that bring `worker_init` or `extra_lines` are refused. */
  allow_shell_lines: z.boolean().default(true),
  /** `end`: a line of `extra_lines` or `worker_init` that fails ends the job before its units. */
  failing_lines: z.enum(['end', 'ignore']).default('end'),
  /** How a job's memory is asked for; null: as `use_mem_per_cpu` says. `none`: not at all, it only decides how many units a job has. */
  memory_option: z.enum(MEMORY_OPTIONS).nullable().default(null),
  /** true: the profiles of system and user are read before all else on the node, as in a login shell. */
  login_shell: z.boolean().default(false),
  /** How long an sbatch that fails without clear words is tried again before the batch is given up. */
  unclear_refusal_patience_seconds: seconds.default(DEFAULT_UNCLEAR_REFUSAL_PATIENCE_SECONDS),
  /** false: a site's plugin rewrites partitions or limits, so what sinfo shows says nothing. */
  check_partitions: z.boolean().default(true),
  /** false: every unit sees all CPUs of its job, and is told nothing of threads. */
  own_cores: z.boolean().default(true),
  /** true: units of Python tasks are forked from a warmed interpreter, unless a task's meta says no. */
  warm_start: z.boolean().default(false),
  late_file_wait_seconds: z.number().nonnegative().default(DEFAULT_LATE_FILE_WAIT_SECONDS),
  /** Defaults of a request's `recovery`. */
  recovery: recoveryRules.default({}),
});

const exportName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'the name of an environment variable' });

/** The file's shape; `mem` and the like come out in MB. */
export const slurmConfigSchema = z.strictObject({
  default_slurm_config: optionSet,
  gpu_slurm_config: optionSet.nullish(),
  batching_config: batching,
  user_local_exports: z.record(exportName, line).nullish(),
  runner_config: runner.prefault({}),
});

export type SlurmConfig = z.output<typeof slurmConfigSchema>;
export type SlurmOptionSet = SlurmConfig['default_slurm_config'];
export type BatchingConfig = SlurmConfig['batching_config'];

/** `#!/bin/bash -l`, `#!/usr/bin/env -S bash --login` */
export const asksForLoginShell = (shebang: string): boolean =>
  /\s(-[a-z]*l[a-z]*|--login)(\s|$)/.test(shebang);

/** What the configuration says of the lines before the units, as the script's head takes it. */
export const headOptions = ({
  runner_config: { failing_lines, login_shell },
  default_slurm_config: { shebang_line: shebang },
}: SlurmConfig): { preambleFails: boolean; loginShell: boolean } => ({
  preambleFails: failing_lines === 'end',
  loginShell: login_shell || asksForLoginShell(shebang ?? ''),
});

/** The configuration file is wrong: all of it, each with its JSON Pointer. */
export class SlurmConfigError extends Error {
  override readonly name = 'SlurmConfigError';
  constructor(readonly errors: InputError[]) {
    super(
      [
        'The SLURM configuration is wrong:',
        ...errors.map((e) => `  ${e.path || '/'}: expected ${e.expected}, got ${e.got}`),
      ].join('\n'),
    );
  }
}

/** Where unknown keys are errors, those that are known. */
const KEYS: Readonly<Record<string, string[]>> = {
  '': Object.keys(slurmConfigSchema.shape),
  default_slurm_config: Object.keys(optionSet.shape),
  gpu_slurm_config: Object.keys(optionSet.shape),
  batching_config: Object.keys(batching.shape),
  runner_config: Object.keys(runner.shape),
};

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    data,
  );

const show = (value: unknown): string =>
  value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200);

const describe = (issue: z.core.$ZodIssue, data: unknown): InputError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pointer([...issue.path, key]),
      expected: `no such key${didYouMean(key, KEYS[issue.path.join('/')] ?? [])}`,
      got: show(valueAt(data, [...issue.path, key])),
    }));
  }
  const expected =
    issue.code === 'invalid_type' ? issue.expected : issue.message.replace(/^Invalid input: expected /, '');
  return [{ path: pointer(issue.path), expected, got: show(valueAt(data, issue.path)) }];
};

/**
 * Reads the text of a configuration file: Fractal's own, or a whole resource of a Fractal server, which holds it.
 *
 * @throws SlurmConfigError with every error, not the first; unknown keys are errors.
 */
export const parseSlurmConfig = (text: string): SlurmConfig => {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new SlurmConfigError([
      { path: '', expected: 'JSON', got: error instanceof Error ? error.message : String(error) },
    ]);
  }
  const { config, place } = configOfResource(data);
  const parsed = slurmConfigSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => describe(issue, config));
  throw new SlurmConfigError(errors.map((error) => ({ ...error, path: `${place}${error.path}` })));
};
