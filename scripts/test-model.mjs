// `npm run test:model -- [--runs N] [--seed N]`: random runs against the model (docs/development.md), more than `npm test`
// has time for.
import { runTests, wholeNumbers } from './by-hand.mjs';

runTests(() => {
  const { runs, seed } = wholeNumbers({ runs: '1000', seed: '1' });
  return { files: ['test/model/model.test.ts'], env: { FRACTAL_MODEL_RUNS: runs, FRACTAL_MODEL_SEED: seed } };
});
