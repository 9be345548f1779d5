/** Units of all tasks are forked from a warm interpreter. By hand, more of them: `npm run test:model -- --warm --runs 1000`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { python } from '../warm/warm-scripts.js';
import { modelTests } from './model-tests.js';
import { anyPythonCase } from './requests/cases.js';

let learned = '';

modelTests(anyPythonCase(python), Number(process.env.FRACTAL_MODEL_WARM_RUNS ?? 30), {
  real: (stateDir, queue) => {
    learned = join(stateDir, 'learned');
    return createLocalBackend({ stateDir, queue, maxUnits: 4, warmStart: true, warmCache: learned });
  },
});

it('they were: a warm unit has noted what its script loads', async () => {
  const texts = await Promise.all(
    (await readdir(learned)).map((name) => readFile(join(learned, name), 'utf8')),
  );
  expect(texts.join('')).toMatch(/^S\t.*play-unit\.py$/m);
});
