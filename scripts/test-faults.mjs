// `npm run test:faults -- [--count N] [--seed N] [--backend local|slurm] [--worlds N] [--long] [--minutes N] [--only "NAME, NAME"]`:
// random faults against real parts (docs/reliability.md), more than `npm test` has time for.
import { parseArgs } from 'node:util';
import { runTests } from './by-hand.mjs';

const files = { local: 'test/faults/local.test.ts', slurm: 'test/faults/slurm.test.ts' };

const whole = (name, text) => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name}: a whole number is expected, not "${text}"`);
  return text;
};

runTests(() => {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      ...{ count: text, seed: text, backend: text, worlds: text, minutes: text, only: text, report: text },
      long: { type: 'boolean' },
    },
  });
  const { backend, only, report, long, count = '100', ...numbers } = values;
  if (backend !== undefined && !(backend in files))
    throw new Error(`--backend: local or slurm is expected, not "${backend}"`);
  const settings = Object.entries({ count, ...numbers }).map(([name, value]) => [
    `FRACTAL_FAULTS_${name.toUpperCase()}`,
    whole(name, value),
  ]);
  return {
    files: backend === undefined ? Object.values(files) : [files[backend]],
    env: {
      ...Object.fromEntries(settings),
      ...(backend === undefined ? {} : { FRACTAL_FAULTS_BACKEND: backend }),
      ...(only === undefined ? {} : { FRACTAL_FAULTS_ONLY: only }),
      ...(report === undefined ? {} : { FRACTAL_FAULTS_REPORT: report }),
      ...(long ? { FRACTAL_FAULTS_LONG: '1' } : {}),
    },
  };
});
