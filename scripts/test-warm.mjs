// `npm run test:warm -- [--units N] [--calm N] [--seed N]`: warm units in a storm of signals, and many in calm
// (docs/warm-start.md), more than `npm test` has time for.
import { runTests, wholeNumbers } from './by-hand.mjs';

runTests(() => {
  const { units, calm, seed } = wholeNumbers({ units: '1000', calm: '10000', seed: '1' });
  return {
    files: ['test/warm/storm.test.ts', 'test/warm/calm.test.ts', 'test/warm/full-disk.test.ts'],
    env: { FRACTAL_WARM_STORM_UNITS: units, FRACTAL_WARM_CALM_UNITS: calm, FRACTAL_WARM_SEED: seed },
  };
});
