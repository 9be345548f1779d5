// `npm run test:model -- [--runs N] [--seed N]`: random runs against the model (docs/development.md), more than `npm test`
// has time for.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './setup.mjs';

const whole = (name, text) => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name}: a whole number is expected, not "${text}"`);
  return text;
};

try {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
  });
  const env = {
    ...process.env,
    FRACTAL_MODEL_RUNS: whole('runs', values.runs),
    FRACTAL_MODEL_SEED: whole('seed', values.seed),
  };
  const tests = [join(root, 'scripts', 'test.mjs'), 'test/model/model.test.ts'];
  const child = spawn(process.execPath, tests, { cwd: root, stdio: 'inherit', env });
  // The tests get Ctrl-C themselves.
  process.on('SIGINT', () => undefined);
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
