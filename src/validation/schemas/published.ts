/** The JSON Schemas that clients in any language can check against: schemas/*.json, written by scripts/schemas.ts. */
import { z } from 'zod';
import { keyRingSchema } from '../../encryption/key-ring.js';
import { usersFileSchema } from '../../supervisor/users-file.js';
import { eventLine, plannedUnitLine } from './events.js';
import { checkedRun, findings, runList, runReport, unitList, unitTable } from './reports.js';
import { request } from './request.js';
import { result } from './result.js';

type JsonSchema = Record<string, unknown>;

/** One type per schema: validators in strict mode take no list of types but one with null. */
const oneType = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(oneType);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { type, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, oneType(value)]),
  ) as Record<string, unknown>;
  if (!Array.isArray(type)) return type === undefined ? rest : { type, ...rest };
  return { anyOf: type.map((one: unknown) => ({ type: one })), ...rest };
};

// `io: 'input'`: what a client may send, so that a field with a default is optional.
const jsonSchema = (name: string, schema: z.ZodType, description: string): [string, JsonSchema] => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  const file = `${name}.schema.json`;
  // A name and no address: nothing has to be fetched, and what is installed is what counts.
  const $id = `urn:fractal-temporal:${file}`;
  return [file, { $schema, $id, description, ...(oneType(rest) as JsonSchema) }];
};

/** File name -> JSON Schema (draft 2020-12). */
export const publishedSchemas = (): Record<string, JsonSchema> =>
  Object.fromEntries([
    jsonSchema(
      'request',
      request.meta({ title: 'processWorkflow request' }),
      'What the workflow processWorkflow takes. A schema cannot say everything: docs/request.md lists the other checks.',
    ),
    jsonSchema(
      'key-ring',
      keyRingSchema.meta({ title: 'key ring' }),
      'File of the keys that encrypt what the Temporal server is given (docs/encryption.md).',
    ),
    jsonSchema(
      'users',
      usersFileSchema.meta({ title: 'worker slurm --users' }),
      'File of the users that a supervisor starts workers for (docs/users.md).',
    ),
    jsonSchema(
      'result',
      result.meta({ title: 'processWorkflow result' }),
      'Content of result.json (docs/result.md).',
    ),
    jsonSchema(
      'event',
      eventLine.meta({ title: 'event of a run' }),
      'A line of events.jsonl (docs/events.md).',
    ),
    jsonSchema(
      'planned-unit',
      plannedUnitLine.meta({ title: 'planned unit' }),
      'A line of the file that an event units_planned names (docs/events.md).',
    ),
    jsonSchema(
      'list',
      runList.meta({ title: 'list --json' }),
      'What `fractal-temporal list --json` prints, and `status --json` without an id.',
    ),
    jsonSchema(
      'status',
      runReport.meta({ title: 'status --json' }),
      'What `fractal-temporal status ID --json` prints.',
    ),
    jsonSchema(
      'logs',
      unitList.meta({ title: 'logs --json' }),
      'What `fractal-temporal logs ID --json` prints.',
    ),
    jsonSchema(
      'units',
      unitTable.meta({ title: 'units --json' }),
      'What `fractal-temporal units ID --json` prints.',
    ),
    jsonSchema(
      'doctor',
      findings.meta({ title: 'doctor --json' }),
      'What `fractal-temporal doctor --json` prints, with a backend as well.',
    ),
    jsonSchema(
      'check',
      checkedRun.meta({ title: 'check --json' }),
      'What `fractal-temporal check REQUEST --json` prints.',
    ),
  ]);
