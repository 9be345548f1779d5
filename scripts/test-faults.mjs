// `npm run test:faults -- [--count N] [--seed N] [--backend local|slurm] [--worlds N] [--long] [--minutes N] [--only "NAME, NAME"]`:
// random faults against real parts (docs/reliability.md), more than `npm test` has time for. `--report FILE` keeps a line per
// case, `--table FILE` prints what such a file says of each fault.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runTests } from './by-hand.mjs';

const files = { local: 'test/faults/local.test.ts', slurm: 'test/faults/slurm.test.ts' };

const whole = (name, text) => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name}: a whole number is expected, not "${text}"`);
  return text;
};

/** A row per fault: injected, survived, longest silence in cases with no other fault. */
const table = (file) => {
  const cases = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const names = [...new Set(cases.flatMap(({ faults }) => (faults.length === 0 ? ['no fault'] : faults)))];
  const rows = names.sort().map((name) => {
    const met = cases.filter(({ faults, injected }) =>
      name === 'no fault' ? faults.length === 0 : injected.includes(name),
    );
    const on = ['local', 'slurm'].map((backend) => met.filter((one) => one.backend === backend).length);
    const survived = met.filter(({ violations }) => violations.length === 0).length;
    const alone = met.filter(({ faults }) => faults.length <= 1).map(({ silence }) => silence / 1_000);
    const silence = alone.length === 0 ? '' : `${Math.max(...alone).toFixed(0)} s`;
    return [name, ...on, survived, silence];
  });
  const sum = (at) => rows.reduce((total, row) => (row[0] === 'no fault' ? total : total + row[at]), 0);
  const head = ['fault', 'local', 'SLURM', 'survived', 'longest silence'];
  const lines = [head, head.map(() => '---'), ...rows, ['all', sum(1), sum(2), sum(3), '']];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
};

const main = () => {
  const at = process.argv.indexOf('--table');
  if (at !== -1) console.log(table(process.argv[at + 1]));
  else runTests(choose);
};

const choose = () => {
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
};

main();
