// `npm run test:large -- [--units N] [--run-units N] [--batches N] [--run-batches N]`: tests of size in another size than
// that of `npm test` (docs/development.md).
import { runTests, wholeNumbers } from './by-hand.mjs';

const sizes = {
  units: { file: 'test/batch/many-units.test.ts', variable: 'FRACTAL_UNITS' },
  'run-units': { file: 'test/cli/many-units.test.ts', variable: 'FRACTAL_RUN_UNITS' },
  batches: { file: 'test/e2e/many-batches.test.ts', variable: 'FRACTAL_BATCHES' },
  'run-batches': { file: 'test/e2e/many-runs.test.ts', variable: 'FRACTAL_RUN_BATCHES' },
};

runTests(() => {
  const nothing = Object.fromEntries(Object.keys(sizes).map((name) => [name, null]));
  const chosen = Object.entries(wholeNumbers(nothing)).filter(([, text]) => text !== null);
  if (chosen.length === 0)
    throw new Error(`at least one of --${Object.keys(sizes).join(', --')} is expected`);
  return {
    files: chosen.map(([name]) => sizes[name].file),
    env: Object.fromEntries(chosen.map(([name, text]) => [sizes[name].variable, text])),
  };
});
