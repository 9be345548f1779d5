// `npm run bench [-- NAME... [--pairs N]]`: speed and memory, as ratios to peers measured in the same run (docs/performance.md).
import { parseArgs } from 'node:util';
import { ensureInstalled } from './setup.mjs';

const wholeNumber = (name, text) => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name}: expected a positive integer, got "${text}"`);
  return Number(text);
};

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { pairs: { type: 'string' } },
  });
  const options = values.pairs === undefined ? {} : { pairs: wholeNumber('pairs', values.pairs) };
  const serverBinary = await ensureInstalled();
  const { tsImport } = await import('tsx/esm/api');
  const { runBenches } = await tsImport('../bench/main.ts', import.meta.url);
  process.exitCode = await runBenches(positionals, serverBinary, options);
} catch (error) {
  console.error(error?.message ?? error);
  if (process.env.DEBUG) console.error(error);
  process.exitCode = 1;
}
