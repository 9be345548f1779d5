import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { scriptOf } from './scripts.js';

describe('a line before the units that fails', () => {
  it('ends the script, which has claimed nothing, and says which line', async () => {
    const header = ['#SBATCH --nodes=1', 'A=1', 'no-such-module load x', 'A=2'];
    const test = await scriptOf(['true'], { header, preambleFails: true });
    const started = test.start();
    expect(await started.ended).toBe(96);
    expect(started.stderr()).toMatch(
      /no-such-module: command not found\n.*status 127: no-such-module load x\n/,
    );
    await expect(access(test.batch.paths.owner)).rejects.toThrow('ENOENT');
  });

  it('is nothing where nobody asks for it', async () => {
    const test = await scriptOf(['true'], { header: ['no-such-module load x'] });
    expect(await test.run()).toBe(0);
  });

  it.each([
    ['true || false', 'f() { false; true; }', 'f', 'if false; then :; fi', '[[ a == b ]] && x'],
    ['false || true', 'x=$(true)', 'for a in 1 2; do', '  echo $a', 'done'],
    ['export A=1', 'echo here \\'],
  ])('is none of: %s', async (...header) => {
    const test = await scriptOf(['true'], { header, preambleFails: true });
    expect(await test.run()).toBe(0);
  });

  it('is none within a file that a line sources, but the line itself counts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fractal-head-'));
    try {
      const header = [`source ${folder}/env.sh`];
      for (const [text, code] of [
        ['false\ntrue\n', 0],
        ['return 3\n', 96],
      ] as const) {
        await writeFile(join(folder, 'env.sh'), text);
        expect(await (await scriptOf(['true'], { header, preambleFails: true })).run()).toBe(code);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('does not change how units end', async () => {
    const test = await scriptOf(['exit 3', 'true'], { header: ['A=1'], preambleFails: true });
    expect(await test.run()).toBe(0);
    expect([...(await test.journals()).ends.values()].map(({ status }) => status)).toEqual([3, 0]);
  });
});

it('reads the profiles of a login shell where that is asked for', async () => {
  for (const [loginShell, expected] of [
    [true, 'from the profile\n'],
    [false, 'none\n'],
  ] as const) {
    const test = await scriptOf(['echo ${GREETING-none}'], { loginShell });
    await mkdir(test.here('home'));
    await writeFile(test.here('home/.bash_profile'), 'export GREETING="from the profile"\n');
    await chmod(test.batch.paths.script, 0o755);
    await execa(test.batch.paths.script, { env: { HOME: test.here('home'), JOB: '1' } });
    expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe(expected);
  }
});
