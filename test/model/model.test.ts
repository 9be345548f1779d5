/** By hand, more of them: `npm run test:model -- --runs 20000 --seed 7`. */
import { modelTests } from './model-tests.js';
import { anyCase } from './requests/cases.js';

modelTests(anyCase, Number(process.env.FRACTAL_MODEL_RUNS ?? 300));
