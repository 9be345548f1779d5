/** The configuration file of a local worker (docs/local.md): what requests do not say of themselves. */
import { z } from 'zod';
import { readFields } from '../../validation/schemas/read-fields.js';
import { Problems } from '../../validation/problems.js';
import { recoveryRules } from '../../validation/schemas/recovery.js';
import type { InputError } from '../../wire/failure.js';
import type { GivenRecovery } from '../../wire/recovery.js';

const shape = z.strictObject({ recovery: recoveryRules.optional() });

export interface LocalConfig {
  /** Defaults of a request's `recovery`. */
  recovery: GivenRecovery;
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
  return { recovery: fields.recovery ?? {} };
};
