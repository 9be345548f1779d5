/** The JSON Schemas that clients in any language can check against: schemas/*.json, written by scripts/schemas.ts. */
import { z } from 'zod';
import { keyRingSchema } from '../../encryption/key-ring.js';
import { request } from './request.js';
import { result } from './result.js';

type JsonSchema = Record<string, unknown>;

// `io: 'input'`: what a client may send, so that a field with a default is optional.
const jsonSchema = (schema: z.ZodType, title: string, description: string): JsonSchema => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, title, description, ...rest };
};

/** File name -> JSON Schema (draft 2020-12). */
export const publishedSchemas = (): Record<string, JsonSchema> => ({
  'request.schema.json': jsonSchema(
    request,
    'processWorkflow request',
    'What the workflow processWorkflow takes. A schema cannot say everything: docs/request.md lists the other checks.',
  ),
  'key-ring.schema.json': jsonSchema(
    keyRingSchema,
    'key ring',
    'File of the keys that encrypt what the Temporal server is given (docs/encryption.md).',
  ),
  'result.schema.json': jsonSchema(
    result,
    'processWorkflow result',
    'Content of result.json (docs/result.md).',
  ),
});
