import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { signalProcess } from '../../src/executors/local/process/processes.js';
import { statusesOf } from '../batch/scripts.js';
import { until } from '../support/until.js';
import { sayingsOf, sayingTask } from './sayings.js';
import { newGround, serverProcesses, warmScriptOf } from './warm-scripts.js';

it('on a disk that is full units are started plainly', async (context) => {
  const ground = await newGround();
  const task = await sayingTask(ground);
  const disk = await mkdtemp(join(tmpdir(), 'fractal-warm-full-'));
  const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'none', disk], { reject: false });
  try {
    // Root may: there it is a failure.
    context.skip(mounted.failed && process.getuid?.() !== 0, 'a small disk is mounted by root only');
    expect(mounted.exitCode, mounted.stderr).toBe(0);
    await writeFile(join(disk, 'ballast'), Buffer.alloc(1 << 20)).catch(() => undefined);
    const small = { root: join(disk, 'servers'), cacheFolder: join(disk, 'cache') };
    const test = await warmScriptOf(task, Array<string>(6).fill(''), { ground: small, lanes: 2 });
    expect(await test.run()).toBe(0);
    expect(Object.values(statusesOf(await test.journals()))).toEqual(Array(6).fill(0));
    expect((await sayingsOf(task)).filter(({ what }) => what === 'begun').length).toBe(6);
    await until('no process of a server', async () => {
      const pids = await serverProcesses(disk);
      for (const pid of pids) signalProcess(pid, 'SIGKILL');
      return pids.length === 0;
    });
  } finally {
    if (mounted.exitCode === 0) await execa('umount', ['-l', disk]);
    await rm(disk, { recursive: true, force: true });
  }
});
