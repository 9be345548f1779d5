/** Batch scripts whose units are forked from a warm interpreter, or started plainly, for tests. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { signalProcess } from '../../src/executors/local/process/processes.js';
import { until } from '../support/until.js';
import type { WarmLimits } from '../../src/warm/script-lines.js';
import { scriptOf, type ScriptOptions, type ScriptTest } from '../batch/scripts.js';

/** The real interpreter of this machine, no wrapper of a version manager. */
export const python =
  process.env['FRACTAL_TEST_PYTHON'] ??
  execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

export const taskFile = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface Ground {
  root: string;
  cacheFolder: string;
}

/** What the servers of a ground have written down. */
export const logOf = async ({ root }: Ground): Promise<string> => {
  const names = await readdir(root).catch(() => []);
  const texts = names.map((name) => readFile(join(root, name, 'log'), 'utf8').catch(() => ''));
  return (await Promise.all(texts)).join('');
};

const grounds: string[] = [];

/** Processes of all servers in a folder: roots, and what they have forked. */
export const serverProcesses = async (root: string): Promise<number[]> => {
  const found: number[] = [];
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    if (line.includes(`\0${root}/`) && !/\) [ZX] /.test(stat)) found.push(Number(name));
  }
  return found;
};

/** A folder for servers; they are ended and it is removed after the test. */
export const newGround = async (): Promise<Ground> => {
  const folder = await mkdtemp(join(tmpdir(), 'fractal-warm-'));
  grounds.push(folder);
  return { root: join(folder, 'servers'), cacheFolder: join(folder, 'cache') };
};

afterEach(async () => {
  for (const folder of grounds.splice(0)) {
    await until('no process of a server', async () => {
      const pids = await serverProcesses(folder);
      for (const pid of pids) signalProcess(pid, 'SIGKILL');
      return pids.length === 0;
    });
    await rm(folder, { recursive: true, force: true });
  }
});

/** A batch of `PYTHON task.py`; each unit gets its text as `run`. */
export const warmScriptOf = async (
  task: string,
  units: string[],
  {
    ground,
    lock = '',
    limits = {},
    interpreter = python,
    ...options
  }: ScriptOptions & { ground: Ground; lock?: string; limits?: WarmLimits; interpreter?: string },
): Promise<ScriptTest> =>
  scriptOf(units, {
    command: [interpreter, task],
    warm: { kind: 'host', ...ground, lock, limits },
    ...options,
  });
