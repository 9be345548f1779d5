/** Many short units of one server; docs/warm-start.md has figures of long runs. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { statusesOf } from '../batch/scripts.js';
import { sayingsOf, sayingTask } from './sayings.js';
import { newGround, warmScriptOf, type Ground } from './warm-scripts.js';

const UNITS = Number(process.env['FRACTAL_WARM_CALM_UNITS'] ?? '200');
const LONG_MS = 3_600_000;

const fdsAndKib = async (pid: number): Promise<[fds: number, kib: number]> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return [fds.length, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)];
};

const rootOf = async ({ root }: Ground): Promise<number> => {
  const [name = ''] = (await readdir(root)).filter((entry) => entry.length === 24);
  return Number((await readFile(join(root, name, 'pid'), 'utf8')).split(' ')[0]);
};

/** The only child of a root without a base. */
const nodeOf = async (root: number): Promise<number> =>
  Number((await readFile(`/proc/${root}/task/${root}/children`, 'utf8')).trim().split(' ')[0]);

it(
  'files and memory of a server do not grow with its units',
  async () => {
    const ground = await newGround();
    const task = await sayingTask(ground);
    const first = await warmScriptOf(task, Array<string>(8).fill(''), { ground, lanes: 8 });
    expect(await first.run()).toBe(0);
    const root = await rootOf(ground);
    const node = await nodeOf(root);
    const before = [await fdsAndKib(root), await fdsAndKib(node)];
    const test = await warmScriptOf(task, Array<string>(UNITS).fill(''), { ground, lanes: 8 });
    expect(await test.run()).toBe(0);
    const statuses = Object.values(statusesOf(await test.journals()));
    expect(statuses).toEqual(Array(UNITS).fill(0));
    const sayings = await sayingsOf(task);
    for (const word of ['begun', 'done']) {
      const units = sayings.filter(({ what }) => what === word).map(({ unit }) => unit);
      // The first batch's units have the names of this one's first.
      expect([units.length, new Set(units).size]).toEqual([8 + UNITS, UNITS]);
    }
    const plain = sayings.filter(({ what, parent }) => what === 'begun' && parent === 'bash').length;
    expect([await rootOf(ground), await nodeOf(root)]).toEqual([root, node]);
    const after = [await fdsAndKib(root), await fdsAndKib(node)];
    process.stderr.write(
      `calm: ${UNITS} units, ${plain} of them plain; fds and KiB of root and node: ${JSON.stringify(before)} -> ${JSON.stringify(after)}\n`,
    );
    expect(after.map(([fds]) => fds)).toEqual(before.map(([fds]) => fds));
    for (const [index, [, kib]] of after.entries())
      expect(kib).toBeLessThan((before[index]?.[1] ?? 0) + 4096);
  },
  LONG_MS,
);
