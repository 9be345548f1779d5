/** JSON text to a value, without silently changing a number (docs/request.md, "Numbers"). */
import { isLosslessNumber, LosslessNumber, parse as parseLossless } from 'lossless-json';
import { pointer } from './json-pointer.js';
import type { JsonValue } from './request.js';

/** The text is not JSON, or holds a number that JSON readers would change; `message` says where. */
export class JsonError extends Error {
  override readonly name = 'JsonError';

  constructor(
    message: string,
    /** JSON Pointer of the number; null when the text cannot be parsed. */
    readonly pointer: string | null,
  ) {
    super(message);
  }
}

/** Largest integer up to which every integer is a number of its own in IEEE 754 doubles: 2^53. */
const MAX_EXACT_INTEGER = 2 ** 53;

// 2^53 has 16 digits; from an exponent of three digits on, a number may not be finite. Hits within strings cost a second parse.
const maybeInexact = /\d{16}|[eE]\+?\d{3}/;
const integerText = /^-?\d+$/;

const isExact = (text: string): boolean => {
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  return !integerText.test(text) || (BigInt(text) <= MAX_EXACT_INTEGER && BigInt(text) >= -MAX_EXACT_INTEGER);
};

const findInexact = (value: unknown, path: string[]): { path: string[]; text: string } | null => {
  if (isLosslessNumber(value)) return { path, text: value.value };
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, item] of Object.entries(value)) {
    const found = findInexact(item, [...path, key]);
    if (found !== null) return found;
  }
  return null;
};

const checkNumbers = (text: string): void => {
  const value = parseLossless(text, undefined, {
    parseNumber: (number) => (isExact(number) ? Number(number) : new LosslessNumber(number)),
    onDuplicateKey: ({ newValue }) => newValue,
  });
  const found = findInexact(value, []);
  if (found === null) return;
  const at = pointer(found.path);
  const shown = found.text.length > 40 ? `${found.text.slice(0, 40)}...` : found.text;
  const reason = integerText.test(found.text)
    ? 'an integer beyond 2^53 would be rounded'
    : 'the number is too large';
  throw new JsonError(`${at === '' ? 'The value' : at} is ${shown}: ${reason}, write it as a string`, at);
};

/** What is no text at all shows it at once. */
const HEAD_CHARACTERS = 1_000;

const position = (text: string, offset: number): string => {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
};

const describeSyntaxError = (text: string, cause: unknown): string => {
  if (text.trim() === '') return 'Not JSON: the text is empty';
  if (/[\0\uFFFD]/.test(text.slice(0, HEAD_CHARACTERS))) return 'Not JSON: no text in UTF-8 (compressed?)';
  try {
    parseLossless(text, undefined, { onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    // Unlike V8's, these messages always end with the offset.
    const match = error instanceof Error ? /^([^]*) at position (\d+)$/.exec(error.message) : null;
    if (match !== null) {
      const offset = Number(match[2]);
      const literal = /^(?:NaN|Infinity)/.exec(text.slice(offset))?.[0];
      const what = literal === undefined ? (match[1] ?? '') : `${literal} is no JSON value`;
      return `Not JSON at ${position(text, offset)}: ${what}`;
    }
  }
  return `Not JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
};

/**
 * As `JSON.parse` (of a repeated key the last counts), but an integer beyond +-2^53 or a number beyond the doubles is
 * refused instead of rounded.
 *
 * @throws JsonError with line and column, or with the number's JSON Pointer.
 */
export const parseJson = (given: string): JsonValue => {
  // Editors of other systems put the mark first, which people do not see; RFC 8259 lets a reader pass over it.
  const text = given.startsWith('\uFEFF') ? given.slice(1) : given;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new JsonError(describeSyntaxError(text, error), null);
  }
  if (maybeInexact.test(text)) {
    try {
      checkNumbers(text);
    } catch (error) {
      // JSON.parse needs no stack, the second parser does.
      if (error instanceof RangeError) throw new JsonError('Not usable: nested too deeply', null);
      throw error;
    }
  }
  return value;
};
