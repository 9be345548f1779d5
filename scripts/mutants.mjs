// `npm run test:mutants [-- NAME...]`: takes one rule at a time out of a copy of the sources and runs the model suite
// there, which must turn red; ends with "20 of 20 caught" (docs/development.md).
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutants } from './mutants-list.mjs';
import { ensureInstalled, root } from './setup.mjs';

/** What the suite needs of the repository; node_modules is linked. */
const COPIED = [
  'src',
  'dist/warm',
  'test/model',
  'test/support',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

const sourcesOf = (copy) =>
  readdirSync(join(copy, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(copy, 'src', name));

/** Found by its text alone, so that files may be moved; a text that is not there exactly once is an error. */
const placeOf = (copy, { name, from }) => {
  const hits = sourcesOf(copy).flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return Array.from({ length: text.split(from).length - 1 }, () => ({ path, text }));
  });
  if (hits.length !== 1) throw new Error(`mutant "${name}": ${hits.length} places in src hold: ${from}`);
  return hits[0];
};

const runSuite = async (copy, serverBinary) => {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', 'test/model/model.test.ts'], {
    cwd: copy,
    env: { ...process.env, FRACTAL_TEMPORAL_SERVER_BINARY: serverBinary, FRACTAL_MODEL_FIRST: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {
    code,
    output,
    difference: /run \d+ of seed \d+ differs at [^\n]{0,100}/.exec(output)?.[0] ?? null,
  };
};

const main = async () => {
  const serverBinary = await ensureInstalled();
  const wanted = process.argv.slice(2);
  const chosen = mutants.filter(
    ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
  );
  const copy = mkdtempSync(join(tmpdir(), 'fractal-temporal-mutants-'));
  try {
    for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    // All of them before the first suite: a text that has changed is told at once.
    for (const mutant of mutants) placeOf(copy, mutant);
    const whole = await runSuite(copy, serverBinary);
    if (whole.code !== 0) throw new Error(`the suite is red without any mutant:\n${whole.output}`);
    console.log('without a mutant: green');
    let caught = 0;
    for (const mutant of chosen) {
      const { path, text } = placeOf(copy, mutant);
      writeFileSync(
        path,
        text.replace(mutant.from, () => mutant.to),
      );
      const { code, difference, output } = await runSuite(copy, serverBinary);
      writeFileSync(path, text);
      if (code !== 0 && difference === null) throw new Error(`${mutant.name}: no suite:\n${output}`);
      if (difference !== null) caught += 1;
      console.log(`${mutant.name}: ${difference === null ? 'NOT CAUGHT' : `caught, ${difference}`}`);
    }
    console.log(`${caught} of ${chosen.length} caught`);
    return caught === chosen.length;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
