/** Faults of storage and of clocks. */
import { appendFile, mkdir, readdir, rm, rmdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Fault, Target } from '../ground/fault.js';
import { found } from '../ground/run.js';

const BOTH = ['local', 'slurm'] as const;

/** Long enough for whatever runs to meet it. */
const hold = ({ random, seconds }: Target): Promise<void> =>
  sleep(random.between(10, seconds(150, 50)) * 100);

const BLOCK = Buffer.alloc(64 * 1024);

/** Writes until nothing fits any more. */
const fill = async (path: string): Promise<void> => {
  for (let size = BLOCK.length; size >= 1; size = Math.floor(size / 4))
    for (;;) {
      try {
        await appendFile(path, BLOCK.subarray(0, size));
      } catch {
        break;
      }
    }
};

const full: Fault = {
  ...{ name: 'disk of the run full', on: BOTH, spoils: 'anything', needs: 'own disk' },
  holds: ({ run }) => run.place.runDir,
  inject: async (target) => {
    const filler = join(target.run.place.runDir, 'filler');
    await fill(filler);
    await hold(target);
    await rm(filler, { force: true });
    return true;
  },
};

const readOnly: Fault = {
  ...{ name: 'folder of the run read-only', on: BOTH, spoils: 'anything', needs: 'own disk' },
  holds: ({ run }) => run.place.runDir,
  inject: async (target) => {
    const { runDir } = target.run.place;
    const beside = `${runDir}-read-only`;
    await mkdir(beside);
    // Refused while somebody has a file open for writing there: it is made so where nobody is, and then laid over the folder.
    await execa('mount', ['--bind', runDir, beside]);
    await execa('mount', ['-o', 'remount,bind,ro', beside]);
    await execa('mount', ['--bind', beside, runDir]);
    await execa('umount', ['-l', beside]);
    await hold(target);
    await execa('umount', ['-l', runDir]);
    await rmdir(beside);
    return true;
  },
};

const shimmed = (name: string, lines: (target: Target) => string[], more: Partial<Fault>): Fault => ({
  ...{ name, on: BOTH, spoils: [], needs: 'shim', holds: () => 'shim' },
  ...more,
  inject: async (target) => {
    await target.world.shim?.set(lines(target));
    await hold(target);
    await target.world.shim?.set([]);
    return true;
  },
});

const eio = shimmed('EIO in the folder of the run', ({ run }) => [`eio ${run.place.runDir}`], {
  spoils: 'anything',
});

/** Outputs, as a shared folder shows them to another host. */
const late: Fault = {
  ...{
    name: 'outputs of units appear 30 s late',
    on: ['slurm'],
    spoils: [],
    needs: 'shim',
    holds: () => 'shim',
  },
  inject: async ({ world, run, seconds }) => {
    await world.shim?.set([`hide ${run.place.runDir}/0_mark/par-`]);
    await sleep(seconds(30, 8) * 1_000);
    await world.shim?.set([]);
    return true;
  },
};

const HOUR = 3_600;

const clock = (word: string, jump: number): Fault =>
  shimmed(`clock of the workers an hour ${word}`, () => [`clock ${jump}`], {});

const clocks = [clock('back', -HOUR), clock('on', HOUR)];

const filesOf = async (folder: string): Promise<string[]> => {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return names.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
};

const emptied = (name: string, isMeant: (path: string) => boolean): Fault => ({
  ...{ name, on: BOTH, spoils: 'anything' },
  // Nothing can be emptied where nothing can be written.
  holds: ({ run }) => run.place.runDir,
  inject: async ({ run, random }) => {
    const full = await found(run, async () => {
      const files = (await filesOf(run.place.runDir)).filter(isMeant);
      const sizes = await Promise.all(
        files.map((path) =>
          stat(path).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
      );
      return files.filter((_, index) => (sizes[index] ?? 0) > 0);
    });
    if (full.length === 0) return false;
    await truncate(random.pick(full));
    return true;
  },
});

export const storageFaults: readonly Fault[] = [
  full,
  readOnly,
  eio,
  late,
  ...clocks,
  emptied('a file of the runner emptied, as a lost disk leaves it', (path) => path.includes('/.runner/')),
  emptied('the output of a unit emptied', (path) => path.endsWith('-metadiff.json')),
];
