// `npm run bench:load -- soak [--minutes N] [--count N] [--database sqlite|postgresql]`
// `npm run bench:load -- fleet [--runs N] [--units N] [--database sqlite|postgresql]` (docs/performance.md).
import { parseArgs } from 'node:util';
import { ensureInstalled } from './setup.mjs';

const benches = { soak: { minutes: 60, count: 4 }, fleet: { runs: 50, units: 2_000 } };

const number = (values, name, otherwise) => {
  const text = values[name] ?? String(otherwise);
  if (!/^[1-9]\d*$/.test(text))
    throw new Error(`--${name}: a whole number from 1 on is expected, not "${text}"`);
  return Number(text);
};

try {
  const [bench, ...words] = process.argv.slice(2);
  const sizes = benches[bench];
  if (sizes === undefined) throw new Error(`soak or fleet is expected, not ${JSON.stringify(bench ?? null)}`);
  const options = Object.fromEntries(
    [...Object.keys(sizes), 'database'].map((name) => [name, { type: 'string' }]),
  );
  const { values } = parseArgs({ args: words, options });
  const chosen = Object.fromEntries(
    Object.entries(sizes).map(([name, otherwise]) => [name, number(values, name, otherwise)]),
  );
  const serverBinary = await ensureInstalled();
  const { tsImport } = await import('tsx/esm/api');
  const { databaseOf, runLoad } = await tsImport('../bench/load/main.ts', import.meta.url);
  await runLoad({ bench, database: databaseOf(values.database ?? 'sqlite'), ...chosen }, serverBinary);
} catch (error) {
  console.error(error?.message ?? error);
  if (process.env.DEBUG) console.error(error);
  process.exitCode = 1;
}
