// Tests of `npm test` in a size that only somebody who waits for them wants.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './setup.mjs';

/** Options of the command line that are whole numbers, as text, `defaults` by their names; and those that are there or not. */
export const wholeNumbers = (defaults, flags = []) => {
  const options = Object.fromEntries([
    ...Object.keys(defaults).map((name) => [name, { type: 'string' }]),
    ...flags.map((name) => [name, { type: 'boolean' }]),
  ]);
  const { values } = parseArgs({ options });
  for (const [name, text] of Object.entries(values))
    if (!flags.includes(name) && !/^\d+$/.test(text))
      throw new Error(`--${name}: a whole number is expected, not "${text}"`);
  return { ...defaults, ...values };
};

/**
 * Runs test files with settings in the environment; the exit code is that of the tests, 2 where `choose` throws.
 *
 * @param choose gives `files` and `env`.
 */
export const runTests = (choose) => {
  try {
    const { files, env } = choose();
    const child = spawn(process.execPath, [join(root, 'scripts', 'test.mjs'), ...files], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    // The tests get Ctrl-C themselves.
    process.on('SIGINT', () => undefined);
    child.once('exit', (code) => {
      process.exitCode = code ?? 1;
    });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 2;
  }
};
