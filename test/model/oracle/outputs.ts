/** What a unit left at its `--out-json`, read as docs/semantics.md says ("Outputs"). */
import type { JsonObject, JsonValue } from '../../../src/wire/request.js';
import type { PlayOutput } from '../task/play.mjs';
import { NotJson, readJson } from './json.js';
import { entriesOf, field, isObject, oneUrl, strip, type Dict, type Scalar } from './values.js';

export class Invalid extends Error {}

const url = (value: unknown): string => {
  const one = oneUrl(value);
  if (one === null) throw new Invalid('no url');
  return one;
};

export interface Update {
  url: string;
  origin: string | null;
  attributes: Dict<Scalar | null>;
  types: Dict<boolean>;
}

export interface Item {
  url: string;
  initArgs: JsonObject;
}

export type Output = { updates: Update[]; removals: string[] } | { list: Item[] };

const TRUE = ['1', 't', 'true', 'y', 'yes', 'on'];
const FALSE = ['0', 'f', 'false', 'n', 'no', 'off'];

const laxBoolean = (value: unknown): boolean => {
  const text = String(value).toLowerCase();
  if (typeof value === 'object') throw new Invalid('no boolean');
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw new Invalid('no boolean');
};

const scalarOrNull = (value: unknown): Scalar | null => {
  if (typeof value === 'object' && value !== null) throw new Invalid('no scalar');
  return value as Scalar | null;
};

const onlyKeys = (value: unknown, allowed: string[]): void => {
  if (!isObject(value)) throw new Invalid('no object');
  if (Object.keys(value).some((key) => !allowed.includes(key))) throw new Invalid('unknown key');
};

const depth = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;

/** Deeper ones cannot be read by tasks in Python. */
const DEEPEST = 500;

const item = (value: unknown): Item => {
  onlyKeys(value, ['zarr_url', 'init_args']);
  const initArgs = field(value, 'init_args') ?? (isObject(value) && 'init_args' in value ? null : {});
  if (!isObject(initArgs) || depth(initArgs) > DEEPEST) throw new Invalid('no init_args');
  return { url: url(field(value, 'zarr_url')), initArgs: initArgs as JsonObject };
};

const read = (text: string): JsonValue => {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof NotJson) throw new Invalid(error.message);
    throw error;
  }
};

const dict = <T>(value: unknown, read: (item: unknown) => T): Dict<T> => {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw new Invalid('no object');
  const result: Dict<T> = new Map();
  for (const [key, item] of entriesOf(value)) {
    const name = strip(key);
    if (name === '' || result.has(name)) throw new Invalid('a name');
    result.set(name, read(item));
  }
  return result;
};

const list = (value: unknown): unknown[] => {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Invalid('no list');
  return value;
};

const update = (value: unknown): Update => {
  if (!isObject(value)) throw new Invalid('no object');
  const origin = field(value, 'origin') ?? null;
  return {
    url: url(field(value, 'zarr_url')),
    origin: origin === null ? null : url(origin),
    attributes: dict(field(value, 'attributes'), scalarOrNull),
    types: dict(field(value, 'types'), laxBoolean),
  };
};

/** The text that lies there; null where nothing does. */
const textOf = (out: PlayOutput | undefined): string | null => {
  if (out === undefined || out.dangling === true || out.loop === true) return null;
  if (out.json !== undefined) return JSON.stringify(out.json);
  if (out.padded !== undefined) return JSON.stringify(out.padded.json);
  if (out.hex !== undefined) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(out.hex, 'hex'));
    } catch {
      throw new Invalid('not UTF-8');
    }
  }
  const text = out.text ?? out.link;
  if (text === undefined) throw new Invalid('nothing that can be read');
  return text;
};

/** @throws Invalid when the unit has failed by its output. */
export const outputOf = (out: PlayOutput | undefined, isInit: boolean): Output => {
  const text = textOf(out);
  const value = (text === null ? null : read(text)) ?? {};
  if (isInit) {
    onlyKeys(value, ['parallelization_list']);
    return { list: list(field(value, 'parallelization_list')).map(item) };
  }
  onlyKeys(value, ['image_list_updates', 'image_list_removals']);
  return {
    updates: list(field(value, 'image_list_updates')).map(update),
    removals: list(field(value, 'image_list_removals')).map(url),
  };
};
