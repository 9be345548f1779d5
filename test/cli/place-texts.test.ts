/** What commands that look at the place rather than at a run show in terminals of 50, 80 and 120 columns (test/support/texts.ts). */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { expectText, WIDTHS, type Mask } from '../support/texts.js';

let sandbox: Sandbox;
/** Of a length that is the same wherever the test runs, since texts are fitted around it. */
let dir: string;
let env: NodeJS.ProcessEnv;
let python: string;

/** What differs from machine to machine; what follows such a thing stands where it would stand in a narrow terminal. */
const masksFor = (columns: number): Mask[] => {
  const next = columns < 80 ? '\n         ' : ' ';
  return [
    // A worker that has ended is among them for 75 s, so how many there are depends on how fast all went.
    [/(?:,?\s+\d+@[^]*?\(\d+\.\d+\.\d+\))+/g, `${next}4711@login1 (0.1.0)`],
    [/\s+[\d.]+\s+GiB\s+and\s+\d+\s+files\s+left/g, `${next}10.0 GiB and 1000000 files left`],
    [/(?<=version) 1\.\d+\.\d+/g, ' 1.31.2'],
    [/already\s+\(process \d+\)/g, 'already (process 4711)'],
    [/already\s+\(process\s+\d+, [^]*/g, 'already (process 4711, ...'],
    [/GNU bash[^]*?(?=\nok)/g, 'GNU bash, version 5.2.15(1)-release'],
    [/(?<=\(GNU coreutils\)) [\d.]+/g, ' 9.1'],
    [/\d+ cores?, [^]*? free/g, '2 cores, 23.5 GiB of memory, 18.4 free'],
    [/(?<=imported ahead: )\d+(?= modules\n)/g, '2'],
    [/(?<=each unit: )[\d.]+/g, '0.01'],
    [/(?<=key )[0-9a-z-]{6,}/g, '20261127-0123abcd'],
  ];
};

beforeAll(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
  dir = await mkdtemp('/tmp/ft-texts-');
  env = {
    ...sandbox.env,
    ...{ LC_ALL: 'C.UTF-8', TZ: 'UTC', TERM: 'xterm-256color', CI: '' },
    FRACTAL_TEMPORAL_HOME: join(dir, 'home'),
    FRACTAL_TEMPORAL_LOCAL: join(dir, 'local'),
    FRACTAL_TEMPORAL_CACHE: join(dir, 'cache'),
  };
  python = (await execa('python3', ['-c', 'import sys; print(sys.executable)'])).stdout;
  await mkdir(join(dir, 'tasks'));
  await writeFile(join(dir, 'tasks', 'loud.py'), 'print("loud is imported")\n');
  await writeFile(join(dir, 'tasks', 'quiet.py'), 'import loud\n');
  // Every Python has the same words for it.
  await writeFile(join(dir, 'tasks', 'broken.py'), '1 +\n');
  await writeFile(
    join(dir, 'tasks', 'segment.py'),
    'import base64\nimport quiet\n\nif __name__ == "__main__":\n    pass\n',
  );
  await sandbox.start(['up', '--max-units', '1'], { env }).says('Ready.');
});
afterAll(async () => {
  await sandbox.dispose();
  await rm(dir, { recursive: true, force: true });
});

describe.each(WIDTHS)('at %d columns', (columns) => {
  const commands = (): [name: string, args: string[], interruptAt?: RegExp][] => [
    ['doctor', ['doctor', '--dir', dir]],
    ['doctor-local', ['doctor', 'local', '--dir', dir]],
    ['doctor-slurm', ['doctor', 'slurm']],
    ['up-second', ['up']],
    ['worker-second', ['worker', 'local']],
    ['warm', ['warm', '--explain', `${python} ${join(dir, 'tasks', 'segment.py')}`]],
    ['warm-no-file', ['warm', '--explain', `${python} ${join(dir, 'tasks', 'sgment.py')}`]],
    ['warm-no-python', ['warm', '--explain', `${python} ${join(dir, 'tasks', 'broken.py')}`]],
    ['keys-new', ['keys', 'new', `keys-${columns}.json`]],
    ['keys-again', ['keys', 'new', `keys-${columns}.json`]],
    ['keys-rotate', ['keys', 'rotate', `keys-${columns}.json`]],
    ['codec-server-keyless', ['codec-server', '--port', '0']],
    ['codec-server', ['codec-server', '--port', '0', '--keys', `keys-${columns}.json`], /Codec server/],
    ['worker', ['worker', 'workflow', 'local', '--task-queue', `texts-${columns}`], /Ready/],
    ['up', ['up'], /Ready\./],
  ];

  it('one after the other', async ({ expect }) => {
    const options = {
      columns,
      cwd: dir,
      env,
      places: [[dir, '/tmp/ft-texts-XXXXXX'], ...masksFor(columns)] as Mask[],
    };
    const alone = { FRACTAL_TEMPORAL_HOME: join(dir, 'other'), FRACTAL_TEMPORAL_LOCAL: join(dir, 'far') };
    for (const [name, args, interruptAt] of commands()) {
      const place = { ...options, env: { ...env, ...(name === 'up' && alone) } };
      await expectText(expect, name, args, { ...place, ...(interruptAt && { interruptAt }) });
    }
  });
});
