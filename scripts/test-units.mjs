// `npm run test:units -- [--count N] [--through-run N]`: units of `true`, by the batch script alone and through `run`
// (docs/development.md), many more than `npm test` has time for.
import { runTests, wholeNumbers } from './by-hand.mjs';

runTests(() => {
  const { count, 'through-run': throughRun } = wholeNumbers({ count: null, 'through-run': null });
  const files = [
    ...(count === null ? [] : ['test/batch/many-units.test.ts']),
    ...(throughRun === null ? [] : ['test/cli/many-units.test.ts']),
  ];
  if (files.length === 0) throw new Error('--count N, --through-run N or both are expected');
  return {
    files,
    env: {
      ...(count === null ? {} : { FRACTAL_UNITS: count }),
      ...(throughRun === null ? {} : { FRACTAL_RUN_UNITS: throughRun }),
    },
  };
});
