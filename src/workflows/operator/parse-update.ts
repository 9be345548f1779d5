/**
 * The argument of an update, checked: other languages, and the Web UI's form, send whatever JSON they like. Pure, no I/O:
 * a validator runs in the workflow.
 */
import type { JsonObject } from '../../wire/request.js';
import type { ChosenUnits, UpdateArguments, UpdateName } from '../../wire/updates.js';

/** What is wrong with an argument, in words. */
export class WrongArgument extends Error {
  override readonly name = 'WrongArgument';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 60 ? `${text.slice(0, 60)}...` : text;
};

type Field<T> = (value: unknown, name: string) => T;

const boolean: Field<boolean> = (value, name) => {
  if (value === undefined) return false;
  if (typeof value !== 'boolean')
    throw new WrongArgument(`${name}: expected true or false, got ${shown(value)}`);
  return value;
};

const isIndex = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const units: Field<ChosenUnits> = (value, name) => {
  if (value === undefined || value === 'failed') return 'failed';
  const expected = `${name}: expected "failed" or a list, not empty, of unit indices`;
  if (!Array.isArray(value) || value.length === 0)
    throw new WrongArgument(`${expected}, got ${shown(value)}`);
  const wrong: unknown = value.find((index) => !isIndex(index));
  if (wrong !== undefined) throw new WrongArgument(`${expected}, got ${shown(wrong)} in it`);
  return [...new Set(value as number[])].sort((left, right) => left - right);
};

const meta: Field<JsonObject> = (value, name) => {
  if (value === undefined) return {};
  if (!isObject(value)) throw new WrongArgument(`${name}: expected an object, got ${shown(value)}`);
  return value as JsonObject;
};

type Fields<T> = { [Key in keyof T]: Field<T[Key]> };

const fields: { [Name in UpdateName]: Fields<UpdateArguments[Name]> } = {
  pause: { now: boolean },
  resume: {},
  retry: { units, meta, rerun_interrupted: boolean },
  skip: { units },
  stop: {},
};

/**
 * The argument with its defaults filled in; none at all, and null, count as `{}`.
 *
 * @throws WrongArgument for unknown fields and wrong values.
 */
export const parseUpdate = <Name extends UpdateName>(name: Name, value: unknown): UpdateArguments[Name] => {
  const given = value ?? {};
  if (!isObject(given)) throw new WrongArgument(`expected an object, got ${shown(value)}`);
  const known: Record<string, Field<unknown>> = fields[name];
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(known, key));
  if (unknown !== undefined) {
    const names = Object.keys(known);
    const has = names.length === 0 ? 'has no fields' : `has the fields ${names.join(', ')}`;
    throw new WrongArgument(`${unknown}: no field of this name; ${name} ${has}`);
  }
  const read = Object.entries(known).map(([key, field]) => [key, field(given[key], key)] as const);
  return Object.fromEntries(read) as unknown as UpdateArguments[Name];
};
