/** `recovery`, of a request or of a worker's configuration (docs/recovery.md). */
import { z } from 'zod';
import { MEMORY_SYNTAX, parseMemory } from '../../quantities/memory.js';
import { isTimeLimit, parseTimeLimit, TIME_SYNTAX } from '../../quantities/time-limit.js';
import { failureActions } from '../../wire/recovery.js';
import { didYouMean } from '../did-you-mean.js';
import { isJsonObject, leaf, type Report } from './leaf.js';
import { count } from './scalars.js';

const tries = count.describe('Repeats of one unit for this cause, at most');

const factor = leaf({ type: 'number', exclusiveMinimum: 1 }, (value, report) => {
  if (typeof value === 'number' && Number.isFinite(value) && value > 1) return value;
  report('a number greater than 1');
  return undefined;
}).describe('What the next try asks for, over what this one had');

const memoryMax = leaf<number | null>({ type: ['string', 'integer', 'null'] }, (value, report) => {
  const megabytes = value === null ? null : parseMemory(value);
  if (value !== null && megabytes === null) report(`${MEMORY_SYNTAX}, or null`);
  return megabytes;
}).describe("At most so much; null: the configuration's max_mem_per_job");

const timeMax = leaf<number | null>({ type: ['string', 'integer', 'null'] }, (value, report) => {
  const text = typeof value === 'number' ? String(value) : value;
  if (value !== null && (typeof text !== 'string' || !isTimeLimit(text) || parseTimeLimit(text) === 0)) {
    report(`${TIME_SYNTAX}, or null`);
  }
  return typeof text === 'string' ? parseTimeLimit(text) : null;
}).describe("At most so long; null: the partition's limit");

const limit = (max: z.ZodType<number | null>) =>
  z.strictObject({ tries: tries.optional(), factor: factor.optional(), max: max.optional() });

/** 129 to 192 are how a shell reports a signal (docs/semantics.md). */
const isOwnExitCode = (key: string): boolean =>
  /^[1-9]\d{0,2}$/.test(key) && (Number(key) <= 128 || (Number(key) >= 193 && Number(key) <= 255));

const EXIT_CODE_SYNTAX =
  'an exit code, "1" to "128" or "193" to "255" (129 to 192 mean that the task was killed by a signal)';

const readTries = (value: unknown, path: PropertyKey[], report: Report): { tries: number } | undefined => {
  if (!isJsonObject(value)) {
    report('an object', path);
    return undefined;
  }
  for (const key of Object.keys(value))
    if (key !== 'tries') report(`no field of this name${didYouMean(key, ['tries'])}`, [...path, key]);
  const given = count.safeParse(value['tries']);
  if (!given.success) report('an integer, at least 0', [...path, 'tries']);
  return given.success ? { tries: given.data } : undefined;
};

const exitCodes = leaf<Record<string, { tries: number }>>(
  {
    type: 'object',
    propertyNames: { pattern: '^([1-9]|[1-9][0-9]|1[01][0-9]|12[0-8]|19[3-9]|2[0-4][0-9]|25[0-5])$' },
    additionalProperties: {
      type: 'object',
      properties: { tries: { type: 'integer', minimum: 0 } },
      required: ['tries'],
      additionalProperties: false,
    },
  },
  (value, report) => {
    if (!isJsonObject(value)) {
      report('an object');
      return undefined;
    }
    const read: Record<string, { tries: number }> = {};
    for (const [code, entry] of Object.entries(value)) {
      if (!isOwnExitCode(code)) report(EXIT_CODE_SYNTAX, [code]);
      const allowed = readTries(entry, [code], report);
      if (allowed !== undefined) read[code] = allowed;
    }
    return read;
  },
).describe("The task's own word that it may be run again, by its exit code");

/** What a worker's configuration may say: the same for every task. */
export const recoveryRules = z.strictObject({
  rerun_interrupted: z.boolean().optional().describe('Units that were interrupted may run again'),
  memory: limit(memoryMax).optional().describe('After OUT_OF_MEMORY'),
  time: limit(timeMax).optional().describe('After TIMEOUT or DEADLINE'),
  infrastructure: z
    .strictObject({ tries: tries.optional() })
    .optional()
    .describe('After the loss of a node or host, or preemption'),
  exit_codes: exitCodes.optional(),
  on_failure: z.enum(failureActions).optional().describe('What becomes of the run when units have failed'),
});

export const recovery = recoveryRules.extend({
  tasks: z
    .record(z.string(), recoveryRules)
    .optional()
    .describe('The same for one task, by its position in the workflow; what is not given is as for the run'),
});
