/** The keys that a schema has where an unknown one was met. Pure. */
import { z } from 'zod';

const bare = (schema: unknown): unknown => (schema instanceof z.ZodOptional ? bare(schema.unwrap()) : schema);

const inside = (schema: unknown, step: PropertyKey): unknown => {
  const at = bare(schema);
  if (at instanceof z.ZodRecord) return at.valueType;
  return at instanceof z.ZodObject ? (at.shape as Record<PropertyKey, unknown>)[step] : undefined;
};

/** Empty where the schema there has none to name. */
export const knownKeys = (schema: z.ZodType, path: readonly PropertyKey[]): string[] => {
  const at = bare(path.reduce<unknown>(inside, schema));
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
};
