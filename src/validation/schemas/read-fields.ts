/** Parsing with zod such that one wrong field hides no error of another. */
import type { z } from 'zod';
import { didYouMean } from '../did-you-mean.js';
import type { Problems } from '../problems.js';
import { knownKeys } from './known-keys.js';
import { isJsonObject } from './leaf.js';

const EXPECTED_TYPES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
  null: 'null',
};

const expectedOf = (issue: z.core.$ZodIssue, got: unknown): string => {
  if (issue.code === 'invalid_type') return EXPECTED_TYPES[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value')
    return (
      `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}` +
      (typeof got === 'string' ? didYouMean(got, issue.values.map(String)) : '')
    );
  return issue.message;
};

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown => {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
};

/** `value` as `schema` reads it, or undefined, its errors (with pointers that begin with `path`) noted in `problems`. */
export const read = <T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: readonly PropertyKey[],
  problems: Problems,
): z.output<T> | undefined => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const at = [...issue.path, key];
        const near = didYouMean(key, knownKeys(schema, issue.path));
        problems.add([...path, ...at], `no field of this name${near}`, valueAt(value, at));
      }
    } else {
      const got = valueAt(value, issue.path);
      problems.add([...path, ...issue.path], expectedOf(issue, got), got);
    }
  }
  return undefined;
};

/**
 * The fields of an object, each read by itself: those that are wrong are missing in the result and noted in `problems`.
 *
 * @param unknownKeys `refuse` for objects of our own, `ignore` for Fractal's.
 * @returns null when `value` is not an object.
 */
export const readFields = <Shape extends z.core.$ZodLooseShape & Record<string, z.ZodType>>(
  schema: z.ZodObject<Shape>,
  value: unknown,
  path: readonly PropertyKey[],
  problems: Problems,
  unknownKeys: 'refuse' | 'ignore',
): { [Key in keyof Shape]?: z.output<Shape[Key]> } | null => {
  if (!isJsonObject(value)) {
    problems.add(path, 'an object', value);
    return null;
  }
  const fields: { [Key in keyof Shape]?: z.output<Shape[Key]> } = {};
  for (const key of Object.keys(schema.shape) as (keyof Shape & string)[]) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    fields[key] = read(schema.shape[key], given, [...path, key], problems);
  }
  if (unknownKeys === 'refuse') {
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(schema.shape, key))
        problems.add(
          [...path, key],
          `no field of this name${didYouMean(key, Object.keys(schema.shape))}`,
          value[key],
        );
    }
  }
  return fields;
};
