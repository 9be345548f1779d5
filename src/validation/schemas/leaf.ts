/** Zod schemas for what Fractal's own (Python) checks take, which plain zod types don't express. */
import { z } from 'zod';

/** Says that something at `path` within the value is wrong; the message is what was expected there. */
export type Report = (expected: string, path?: PropertyKey[]) => void;

/**
 * A schema made of a reading function and of the JSON Schema that is published for it. `read` returns the normalised
 * value, or reports; what it returns after a report is not used. `Given` is what a client in TypeScript may write.
 */
export const leaf = <T, Given = T>(
  jsonSchema: Record<string, unknown>,
  read: (value: unknown, report: Report) => T | undefined,
): z.ZodType<T, Given> =>
  z
    .unknown()
    .transform((value, context): T => {
      const issuesBefore = context.issues.length;
      const result = read(value, (expected, path = []) => {
        context.issues.push({ code: 'custom', message: expected, path, input: value });
      });
      if (result === undefined && context.issues.length === issuesBefore) {
        context.issues.push({ code: 'custom', message: 'a valid value', path: [], input: value });
      }
      // null is a value as any other.
      return result === undefined ? z.NEVER : result;
    })
    .meta(jsonSchema) as unknown as z.ZodType<T, Given>;

/** Whether a value is a JSON object: no list, no null. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
