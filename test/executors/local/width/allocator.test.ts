import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Batch } from '../../../../src/batch/contract.js';
import { batchesFolder, hostFiles } from '../../../../src/executors/local/folders.js';
import { createAllocator } from '../../../../src/executors/local/width/allocator.js';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'fractal-temporal-allocator-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const batchOf = (key: string): Batch =>
  ({
    ...{ key, runUuid: 'run', lanes: 1, resources: {} },
    paths: { owner: join(stateDir, 'no-owner') },
  }) as Batch;

it('removes the folder of a batch whose lanes have closed while others were given their width', async () => {
  const alive = new Set(['first', 'second']);
  const limit = { units: 4, cpus: 4, mem_mb: 1_000, gpus: 0 };
  const allocator = createAllocator({
    ...{ stateDir, queue: 'q', limit, bootId: 'boot' },
    isAlive: (key) => Promise.resolve(alive.has(key)),
  });
  const begin = async (key: string): Promise<void> => {
    await allocator.admit(batchOf(key), hostFiles(stateDir, 'q', key), () => undefined);
    await allocator.settle(key);
  };
  await begin('first');
  // Its lanes are done, its script is about to say why it gives up.
  await appendFile(hostFiles(stateDir, 'q', 'first').lanes, '.\n');
  await begin('second');
  alive.delete('first');
  await allocator.review('first');
  expect(await readdir(batchesFolder(stateDir, 'q'))).toEqual(['second']);
});
