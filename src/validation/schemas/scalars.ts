/** The small things that requests and task outputs are made of. */
import type { z } from 'zod';
import { hasControlCharacter, pythonStrip } from '../../images/python-text.js';
import { InvalidUrl, normalizePath, normalizeUrl } from '../../images/urls.js';
import type { AttributeValue, JsonObject } from '../../wire/request.js';
import { isJsonObject, leaf, type Report } from './leaf.js';

/** Python's own JSON reader gives up at about 1000 levels, and tasks are Python programs as a rule. */
const MAX_DEPTH = 500;

const isDeep = (value: unknown, depth: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  for (const item of Object.values(value)) if (isDeep(item, depth - 1)) return true;
  return false;
};

/** The url of an image, or a zarr_dir: normalised (docs/semantics.md, "Urls"). */
export const url = leaf({ type: 'string', minLength: 1 }, (value, report) => {
  if (typeof value !== 'string') {
    report('a string');
    return undefined;
  }
  try {
    return normalizeUrl(value);
  } catch (error) {
    if (!(error instanceof InvalidUrl)) throw error;
    report(error.message);
    return undefined;
  }
});

/** An absolute path of a folder or file, normalised; two leading slashes become one, as Linux reads them. */
export const absolutePath = leaf({ type: 'string', pattern: '^/' }, (value, report) => {
  if (typeof value !== 'string' || !value.startsWith('/')) report('an absolute path');
  else if (hasControlCharacter(value)) report('a path without control characters');
  else return normalizePath(value).replace(/^\/\//, '/');
  return undefined;
});

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

/** An integer that every JSON reader takes for the same one. */
export const integer = leaf({ type: 'integer' }, (value, report) => {
  if (isInteger(value)) return value;
  report('an integer');
  return undefined;
});

/** An integer, at least 0. */
export const count = leaf({ type: 'integer', minimum: 0 }, (value, report) => {
  if (isInteger(value) && value >= 0) return value;
  report('an integer, at least 0');
  return undefined;
});

/** A name for people. */
export const nameText = leaf({ type: 'string' }, (value, report) => {
  if (typeof value !== 'string') report('a string');
  else if (hasControlCharacter(value)) report('a name without control characters');
  else return value;
  return undefined;
});

/** A name that must say something. */
export const nonEmptyName = leaf({ type: 'string', pattern: '\\S' }, (value, report) => {
  if (typeof value !== 'string' || pythonStrip(value) === '') report('a name that is not empty');
  else if (hasControlCharacter(value)) report('a name without control characters');
  else return value;
  return undefined;
});

/** Any JSON object, passed on as it is. */
export const jsonObject = leaf<JsonObject, object>({ type: 'object' }, (value, report) => {
  if (!isJsonObject(value)) report('an object');
  else if (isDeep(value, MAX_DEPTH)) report(`an object of at most ${MAX_DEPTH} levels`);
  else return value as JsonObject;
  return undefined;
});

/** Members of an object, by stripped key; reports empty keys and keys that become equal. */
const strippedMembers = (value: Record<string, unknown>, report: Report): Map<string, string> => {
  const keys = new Map<string, string>();
  for (const key of Object.keys(value)) {
    const stripped = pythonStrip(key);
    if (stripped === '') report('a key that is not empty', [key]);
    else if (keys.has(stripped)) report('a key that no other key equals once stripped', [key]);
    else keys.set(stripped, key);
  }
  return keys;
};

/** Whether a value may be the attribute of an image. */
export const isAttributeValue = (value: unknown): value is AttributeValue =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));

/** A map with checked values; keys are stripped as Fractal strips them. */
export const mapOf = <T>(
  valueSchema: Record<string, unknown>,
  expected: string,
  readValue: (value: unknown) => T | undefined,
): z.ZodType<Record<string, T>, Record<string, T>> =>
  leaf({ type: 'object', additionalProperties: valueSchema }, (value, report) => {
    if (!isJsonObject(value)) {
      report('an object');
      return undefined;
    }
    const entries: [string, T][] = [];
    for (const [stripped, key] of strippedMembers(value, report)) {
      const result = readValue(value[key]);
      if (result === undefined) report(expected, [key]);
      else entries.push([stripped, result]);
    }
    return Object.fromEntries(entries);
  });
