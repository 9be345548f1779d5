/** Writes schemas/*.json from the zod schemas: `npx tsx scripts/schemas.ts` after changing one. */
import { mkdir, writeFile } from 'node:fs/promises';
import { publishedSchemas } from '../src/validation/schemas/published.js';

const folder = new URL('../schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas())) {
  await writeFile(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
