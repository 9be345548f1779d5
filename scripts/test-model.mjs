// `npm run test:model -- [--runs N] [--seed N] [--warm | --slurm]`: random runs against the model (docs/development.md), more than
// `npm test` has time for; `--warm`: with units that are forked from a warm interpreter; `--slurm`: these as jobs of a real cluster.
import { runTests, wholeNumbers } from './by-hand.mjs';

runTests(() => {
  const { runs, seed, warm, slurm } = wholeNumbers({ runs: '1000', seed: '1' }, ['warm', 'slurm']);
  const [file, variable] = slurm
    ? ['test/slurm/model.test.ts', 'FRACTAL_MODEL_SLURM_RUNS']
    : warm
      ? ['test/model/warm.test.ts', 'FRACTAL_MODEL_WARM_RUNS']
      : ['test/model/model.test.ts', 'FRACTAL_MODEL_RUNS'];
  return { files: [file], env: { [variable]: runs, FRACTAL_MODEL_SEED: seed } };
});
