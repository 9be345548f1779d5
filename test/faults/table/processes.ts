/** Faults of the parts: killed, ended, frozen, away, replaced. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Target } from '../ground/fault.js';
import type { Part } from '../ground/part.js';
import { program } from '../ground/world.js';

const BOTH = ['local', 'slurm'] as const;

const parts: Record<string, (target: Target) => Part> = {
  server: ({ world }) => world.server,
  'workflow worker': ({ world }) => world.workflows,
  'activity worker': ({ world, run }) => world.workers[run.worker],
};

const holds = (part: (target: Target) => Part) => (target: Target) => part(target).name;

/** Gone for so many seconds. */
const away = (
  name: string,
  part: (target: Target) => Part,
  signal: 'SIGKILL' | 'SIGTERM',
  seconds: (target: Target) => number,
): Fault => ({
  ...{ name, on: BOTH, spoils: [], holds: holds(part) },
  inject: async (target) => {
    await part(target).end(signal);
    await sleep(seconds(target) * 1_000);
    await part(target).start();
    return true;
  },
});

const ended = Object.entries(parts).flatMap(([name, part]) =>
  (['SIGKILL', 'SIGTERM'] as const).map((signal) =>
    away(`${name}: ${signal}`, part, signal, ({ random }) => random.fraction()),
  ),
);

/** Longer than a heartbeat may be late, so that its batches are given to another attempt meanwhile. */
const FROZEN_SECONDS = 18;

const frozen = Object.entries(parts).map(([name, part]): Fault => ({
  ...{ name: `${name}: frozen ${FROZEN_SECONDS} s`, on: BOTH, spoils: [], holds: holds(part) },
  inject: async (target) => {
    part(target).signal('SIGSTOP');
    await sleep(FROZEN_SECONDS * 1_000);
    part(target).signal('SIGCONT');
    return true;
  },
}));

const allParts = ({ world }: Target): Part[] => [world.server, world.workflows, ...world.workers];

const everything: Fault = {
  ...{ name: 'server and all workers: SIGKILL at once', on: BOTH, spoils: [] },
  holds: (target) => allParts(target).map(({ name }) => name),
  inject: async (target) => {
    const { world } = target;
    const all = allParts(target);
    await Promise.all(all.map((part) => part.end('SIGKILL')));
    await world.server.start();
    await Promise.all(all.map((part) => part.start()));
    return true;
  },
};

const copyOfProgram = async (dir: string): Promise<string> => {
  const root = dirname(dirname(dirname(program)));
  const copy = join(dir, 'other-version');
  await mkdir(copy, { recursive: true });
  await cp(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  const about = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as object;
  await writeFile(join(copy, 'package.json'), JSON.stringify({ ...about, version: '0.0.1' }));
  return join(copy, 'dist', 'cli', 'main.js');
};

/** By the folder of their world: two faults of a case may want it at once. */
const copies = new Map<string, Promise<string>>();

/** The same program under another version, or the one that FRACTAL_FAULTS_OTHER names. */
const otherProgram = async (dir: string): Promise<string> => {
  const given = process.env['FRACTAL_FAULTS_OTHER'];
  if (given) return given;
  const copy = copies.get(dir) ?? copyOfProgram(dir);
  copies.set(dir, copy);
  return copy;
};

const otherVersion = Object.entries(parts)
  .filter(([name]) => name !== 'server')
  .map(([name, part]): Fault => ({
    ...{ name: `${name}: of another version for a while`, on: BOTH, spoils: [], holds: holds(part) },
    inject: async (target) => {
      const other = await otherProgram(target.world.dir);
      const here = part(target);
      for (const main of [other, program]) {
        await here.end('SIGTERM');
        await here.start({ program: main });
        await sleep(1_000);
      }
      return true;
    },
  }));

export const processFaults: readonly Fault[] = [
  ...ended,
  ...frozen,
  everything,
  away('server: away 2 minutes', parts['server'] as never, 'SIGTERM', ({ seconds }) => seconds(120, 6)),
  away('activity worker: away 5 minutes', parts['activity worker'] as never, 'SIGKILL', ({ seconds }) =>
    seconds(300, 20),
  ),
  ...otherVersion,
];
