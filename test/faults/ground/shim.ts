/** The library that fakes faults of disk and clock (shim.c), compiled where there is a compiler. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { installPackages, whyNoPackages } from '../../support/debian.js';

const source = fileURLToPath(new URL('shim.c', import.meta.url));

export interface Shim {
  /** Of the processes that it is to reach. */
  env: Record<string, string>;
  /** The faults from now on, a line each. */
  set(lines: readonly string[]): Promise<void>;
}

/** null where there is no C compiler and none can be installed; then the faults that need it are left out, and the campaign says so. */
export const compileShim = async (dir: string): Promise<Shim | null> => {
  const library = join(dir, 'shim.so');
  const control = join(dir, 'shim.faults');
  const why = whyNoPackages();
  if (why === null) await installPackages(['gcc', 'libc6-dev']);
  const { failed, stderr } = await execa('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], {
    reject: false,
  });
  if (failed && why === null) throw new Error(`gcc cannot compile shim.c: ${stderr}`);
  if (failed) {
    console.warn(
      'faults of disk and clock that come by LD_PRELOAD are left out: gcc cannot compile shim.c here',
    );
    return null;
  }
  const set: Shim['set'] = async (lines) => {
    await writeFile(`${control}.new`, lines.map((line) => `${line}\n`).join(''));
    await rename(`${control}.new`, control);
  };
  await set([]);
  return { env: { LD_PRELOAD: library, FRACTAL_FAULTS_SHIM: control }, set };
};
