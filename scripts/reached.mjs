// `npm run check:reached`: every rule is reached by whole runs. The end-to-end and the model suite run alone, and each
// line of the pure rules that neither of them reaches fails the check, unless test/reached.json names it with a reason.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './setup.mjs';

const RULES = 'src/{images,tasks,outcomes,validation}/**/*.ts';
const SUITES = ['test/e2e', 'test/model'];
const LIST = 'test/reached.json';

const runSuites = async (folder) => {
  const coverage = [
    'enabled',
    'provider=v8',
    `include=${RULES}`,
    'reporter=json',
    `reportsDirectory=${folder}`,
    'reportOnFailure',
  ];
  const args = ['scripts/test.mjs', ...SUITES, ...coverage.map((option) => `--coverage.${option}`)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  if (code !== 0) throw new Error(`${SUITES.join(' and ')} failed: what they reach says nothing`);
  return JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8'));
};

/** Lines on which a statement begins that never ran, as `{ file, number, line }` with the line's text. */
const unreachedLines = (coverage) =>
  Object.values(coverage).flatMap(({ path, statementMap, s }) => {
    const lines = readFileSync(path, 'utf8').split('\n');
    const numbers = new Set(
      Object.keys(s)
        .filter((id) => s[id] === 0)
        .map((id) => statementMap[id].start.line),
    );
    return [...numbers]
      .sort((a, b) => a - b)
      .map((number) => ({ file: relative(root, path), number, line: lines[number - 1].trim() }));
  });

const main = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fractal-temporal-reached-'));
  try {
    const unreached = unreachedLines(await runSuites(folder));
    const excused = JSON.parse(readFileSync(join(root, LIST), 'utf8'));
    const same = (a) => (b) => a.file === b.file && a.line === b.line;
    const missing = unreached.filter((line) => !excused.some(same(line)));
    const stale = excused.filter((line) => !unreached.some(same(line)));
    for (const { file, number, line } of missing) {
      console.error(`${file}:${number}: no whole run reaches this line: ${line}`);
    }
    for (const { file, line } of stale) {
      console.error(`${LIST}: ${file} is reached, or has no such line (any more): ${line}`);
    }
    if (missing.length > 0) {
      console.error(
        `A rule that only its unit test calls: call it, delete it, extend ${SUITES.join(' or ')}, or give the reason in ${LIST}.`,
      );
    }
    console.log(
      `${missing.length} lines unreached, ${excused.length - stale.length} more with a reason, ${stale.length} reasons too many`,
    );
    return missing.length + stale.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error?.message ?? error);
  process.exitCode = 1;
}
