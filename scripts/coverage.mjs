// Vitest's own coverage, of some of the test files alone: what a unit test reaches by itself says nothing about runs.
import { isAbsolute, join } from 'node:path';
import v8 from '@vitest/coverage-v8';
import { root } from './setup.mjs';
import { SUITES } from './whole-runs.mjs';

/** The pure rules, which whole runs are to reach. */
const RULES = 'src/{images,tasks,outcomes,validation}/**/*.ts';

/** Arguments of vitest, so that it leaves `coverage-final.json` in the folder. */
export const coverageArguments = (folder) =>
  [
    'enabled',
    'provider=custom',
    `customProviderModule=${join(root, 'scripts', 'coverage.mjs')}`,
    `include=${RULES}`,
    'reporter=json',
    `reportsDirectory=${folder}`,
    'reportOnFailure',
  ].map((option) => `--coverage.${option}`);

const isWholeRuns = (file) => {
  const path = isAbsolute(file) ? file : join(root, file);
  return SUITES.some((suite) => path.startsWith(`${join(root, suite)}/`));
};

/** Vitest's provider, which forgets what any other suite has reached. */
export default {
  ...v8,
  getProvider: async () => {
    const provider = await v8.getProvider();
    const keep = provider.onAfterSuiteRun.bind(provider);
    provider.onAfterSuiteRun = (meta) => {
      if (meta.testFiles.some(isWholeRuns)) keep(meta);
    };
    return provider;
  },
};
