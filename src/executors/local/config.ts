/** The configuration file of a local worker (docs/local.md): what requests do not say of themselves. */
import { z } from 'zod';
import { readFields } from '../../validation/schemas/read-fields.js';
import { Problems } from '../../validation/problems.js';
import { recoveryRules } from '../../validation/schemas/recovery.js';
import type { InputError } from '../../wire/failure.js';
import { MEMORY_SYNTAX, parseMemory } from '../../quantities/memory.js';
import type { GivenRecovery } from '../../wire/recovery.js';

/** CUDA_VISIBLE_DEVICES separates them by commas. */
const GPU_ID = /^[A-Za-z0-9/-]+$/;

const memory = z
  .union([z.int(), z.string()], { error: `${MEMORY_SYNTAX}, or null: memory is not counted` })
  .refine((value) => parseMemory(value) !== null, { error: MEMORY_SYNTAX })
  .transform((value) => parseMemory(value) ?? 0);

const shape = z.strictObject({
  recovery: recoveryRules.optional(),
  cpus: z.int().positive().nullable().optional(),
  mem: memory.nullable().optional(),
  gpus: z
    .union([z.int().nonnegative(), z.array(z.string().regex(GPU_ID))], {
      error: 'a number of GPUs, a list of their ids as in CUDA_VISIBLE_DEVICES, or null: none are handed out',
    })
    .nullable()
    .optional(),
  unit_threads: z.boolean().optional(),
});

export interface LocalConfig {
  /** Defaults of a request's `recovery`. */
  recovery: GivenRecovery;
  /** For all units together; null: not counted; absent: what the host has. */
  cpus?: number | null;
  /** MB, the same. */
  mem?: number | null;
  /** How many, or their ids, the same. */
  gpus?: number | string[] | null;
  /** false: OMP_NUM_THREADS and the like are left as they are. */
  unitThreads?: boolean;
}

/** The configuration file is wrong: all of it, each with its JSON Pointer. */
export class LocalConfigError extends Error {
  override readonly name = 'LocalConfigError';
  constructor(readonly errors: InputError[]) {
    super(
      [
        'The local configuration is wrong:',
        ...errors.map((e) => `  ${e.path || '/'}: expected ${e.expected}, got ${e.got}`),
      ].join('\n'),
    );
  }
}

/**
 * Reads the text of a configuration file.
 *
 * @throws LocalConfigError with every error, not the first; unknown keys are errors.
 */
export const parseLocalConfig = (text: string): LocalConfig => {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new LocalConfigError([
      { path: '', expected: 'JSON', got: error instanceof Error ? error.message : String(error) },
    ]);
  }
  const problems = new Problems();
  const fields = readFields(shape, data, [], problems, 'refuse');
  if (fields === null || problems.any) throw new LocalConfigError(problems.errors);
  const { recovery = {}, cpus, mem, gpus, unit_threads: unitThreads } = fields;
  return {
    recovery,
    ...(cpus === undefined ? {} : { cpus }),
    ...(mem === undefined ? {} : { mem }),
    ...(gpus === undefined ? {} : { gpus }),
    ...(unitThreads === undefined ? {} : { unitThreads }),
  };
};
