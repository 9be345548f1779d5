import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPython, NoPython } from '../../../examples/demo/python.js';

let bin: string;

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'pythons-'));
});

afterEach(async () => {
  await rm(bin, { recursive: true, force: true });
});

const fake = async (name: string, script: string) => {
  const file = join(bin, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
};

it('passes over stubs, old ones and those without ensurepip', async () => {
  await fake('python3.13', 'echo "pyenv: python3.13: command not found" >&2; exit 127');
  await fake('python3.12', 'echo "ModuleNotFoundError: No module named \'ensurepip\'" >&2; exit 1');
  await fake('python3.11', 'echo 3 10 /old/python3.10');
  await fake('python3', 'echo 3 12 /with a space/python3.12');
  expect(await findPython({ PATH: bin })).toEqual({
    executable: '/with a space/python3.12',
    version: '3.12',
  });
});

it('takes the newest that works', async () => {
  await fake('python3.13', 'echo 3 13 /usr/bin/python3.13');
  await fake('python3.11', 'echo 3 11 /usr/bin/python3.11');
  expect(await findPython({ PATH: bin })).toMatchObject({ version: '3.13' });
});

it('says what was tried and why not, and what works without', async () => {
  await fake('python3', 'echo "No module named ensurepip" >&2; exit 1');
  const error = await findPython({ PATH: bin }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NoPython);
  const { message } = error as NoPython;
  expect(message).toContain('python3.13: not found');
  expect(message).toContain('python3: No module named ensurepip');
  expect(message).toContain('python3-venv');
  expect(message).toContain('--light');
});
