/** What a unit wrote to its `--out-json` file (docs/semantics.md, "Outputs"). */
import type { z } from 'zod';
import type { JsonValue } from '../wire/request.js';
import type { InitOutput, TaskOutput } from '../wire/task-output.js';
import { JsonError, parseJson } from '../wire/parse-json.js';
import { Problems } from './problems.js';
import { initOutput, taskOutput } from './schemas/images.js';
import { read } from './schemas/read-fields.js';
import { MAX_ERRORS_IN_MESSAGE } from './tunables.js';

/** The output does not validate; `message` says what and where (JSON Pointer). */
export class InvalidOutput extends Error {
  override readonly name = 'InvalidOutput';
}

const parse = (text: string): JsonValue => {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw new InvalidOutput(error.message);
    throw error;
  }
};

const readOutput = <T extends z.ZodType>(schema: T, text: string | null): z.output<T> => {
  // A missing file and JSON null both mean that the unit has nothing to say.
  const problems = new Problems();
  const output = read(schema, (text === null ? null : parse(text)) ?? {}, [], problems);
  if (output !== undefined) return output;
  const { errors } = problems;
  const shown = errors
    .slice(0, MAX_ERRORS_IN_MESSAGE)
    .map(
      ({ path, expected, got }) => `${path === '' ? 'the output' : path}: expected ${expected}, got ${got}`,
    );
  const rest = errors.length - shown.length;
  throw new InvalidOutput(shown.join('; ') + (rest > 0 ? `; and ${rest} more` : ''));
};

/**
 * The output of any unit but a compound's init, urls normalised, spellings of booleans resolved.
 *
 * @param text content of the file; null when there is none.
 * @throws InvalidOutput
 */
export const parseTaskOutput = (text: string | null): TaskOutput => readOutput(taskOutput, text);

/**
 * The output of a compound's init; repetitions are still there (`dedupeParallelizationList`).
 *
 * @param text content of the file; null when there is none.
 * @throws InvalidOutput
 */
export const parseInitOutput = (text: string | null): InitOutput => readOutput(initOutput, text);
