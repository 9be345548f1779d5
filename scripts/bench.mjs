// `npm run bench [-- NAME...]`: speed and memory, as ratios to peers measured in the same run (docs/performance.md).
import { ensureInstalled } from './setup.mjs';

try {
  const serverBinary = await ensureInstalled();
  const { tsImport } = await import('tsx/esm/api');
  const { runBenches } = await tsImport('../bench/main.ts', import.meta.url);
  process.exitCode = await runBenches(process.argv.slice(2), serverBinary);
} catch (error) {
  console.error(error?.message ?? error);
  if (process.env.DEBUG) console.error(error);
  process.exitCode = 1;
}
