// `npm test`: makes a fresh clone ready, runs every test, ends with "N passed, N failed" alone on a line.
// Arguments go to vitest: `npm test -- test/images`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root } from './setup.mjs';
import { ensureTestTools } from './test-tools.mjs';

/** Where whole runs are to leave what they reach (scripts/reached.mjs); not imported before its packages are there. */
const coverage = async () => {
  const folder = process.env.FRACTAL_TEMPORAL_COVERAGE;
  return folder ? (await import('./coverage.mjs')).coverageArguments(folder) : [];
};

const runVitest = (reportFile, env, more) => {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...more, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  // Vitest gets Ctrl-C itself, stops its server and ends; this process must outlive it to report.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
};

const count = (reportFile) => {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  // A file that does not even load has no tests to count.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
};

const main = async () => {
  const binary = await ensureInstalled();
  const env = { ...(await ensureTestTools()), FRACTAL_TEMPORAL_SERVER_BINARY: binary };
  const folder = mkdtempSync(join(tmpdir(), 'fractal-temporal-test-'));
  try {
    const reportFile = join(folder, 'report.json');
    const code = await runVitest(reportFile, env, await coverage());
    const { passed, failed } = count(reportFile);
    // Errors outside of any test (a server that does not start, an unhandled rejection) fail the run too.
    return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

let outcome = { passed: 0, failed: 1 };
try {
  outcome = await main();
} catch (error) {
  console.error(error);
}
console.log(`${outcome.passed} passed, ${outcome.failed} failed`);
process.exitCode = outcome.failed === 0 && outcome.passed > 0 ? 0 : 1;
