// `npm run test:model -- [--runs N] [--seed N] [--warm]`: random runs against the model (docs/development.md), more than
// `npm test` has time for; `--warm`: with units that are forked from a warm interpreter.
import { runTests, wholeNumbers } from './by-hand.mjs';

runTests(() => {
  const { runs, seed, warm } = wholeNumbers({ runs: '1000', seed: '1' }, ['warm']);
  return {
    files: [`test/model/${warm ? 'warm' : 'model'}.test.ts`],
    env: { [warm ? 'FRACTAL_MODEL_WARM_RUNS' : 'FRACTAL_MODEL_RUNS']: runs, FRACTAL_MODEL_SEED: seed },
  };
});
