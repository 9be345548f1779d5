// `npm run check:reached [-- --from FOLDER]`: every rule is reached by whole runs. The end-to-end and the model suite run
// alone (or have run, with their coverage left in FOLDER by `npm test`), and each line of the pure rules that neither of them
// reaches fails the check, unless test/reached.json names it with a reason.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './setup.mjs';
import { SUITES } from './whole-runs.mjs';

const LIST = 'test/reached.json';

const runSuites = async (folder) => {
  const child = spawn(process.execPath, ['scripts/test.mjs', ...SUITES], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FRACTAL_TEMPORAL_COVERAGE: folder },
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  if (code !== 0) throw new Error(`${SUITES.join(' and ')} failed: what they reach says nothing`);
};

const readCoverage = (folder) => JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8'));

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

/** Says what differs from the list of reasons; true where nothing does. */
const judge = (unreached) => {
  const excused = JSON.parse(readFileSync(join(root, LIST), 'utf8'));
  // A reason without a line is one for the whole file.
  const excuses = (reason, { file, line }) =>
    reason.file === file && (reason.line === undefined || reason.line === line);
  const missing = unreached.filter((line) => !excused.some((reason) => excuses(reason, line)));
  const stale = excused.filter((reason) => !unreached.some((line) => excuses(reason, line)));
  for (const { file, number, line } of missing) {
    console.error(`${file}:${number}: no whole run reaches this line: ${line}`);
  }
  for (const { file, line = '' } of stale) {
    console.error(`${LIST}: ${file} is reached, or has no such line (any more): ${line}`);
  }
  if (missing.length > 0) {
    console.error(
      `A rule that only its unit test calls: call it, delete it, extend ${SUITES.join(' or ')}, or give the reason in ${LIST}.`,
    );
  }
  console.log(
    `${missing.length} lines unreached, ${excused.length - stale.length} reasons why others are, ${stale.length} reasons too many`,
  );
  return missing.length + stale.length === 0;
};

const main = async () => {
  const { values } = parseArgs({ options: { from: { type: 'string' } } });
  if (values.from !== undefined) return judge(unreachedLines(readCoverage(values.from)));
  const folder = mkdtempSync(join(tmpdir(), 'fractal-temporal-reached-'));
  try {
    await runSuites(folder);
    return judge(unreachedLines(readCoverage(folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error?.message ?? error);
  process.exitCode = 1;
}
