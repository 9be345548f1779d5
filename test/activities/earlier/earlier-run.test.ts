/** What an earlier run's directory holds, before anything of it is judged. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotContinuable, readEarlierRun, recordOf } from '../../../src/activities/earlier/earlier-run.js';
import { StateCorrupt } from '../../../src/state/errors.js';
import { NewerFormat } from '../../../src/state/format.js';
import {
  batchKey,
  evidencePath,
  identityPath,
  recordPath,
  requestPath,
  runnerDir,
} from '../../../src/state/paths.js';

const UUID = '0123abcd-4567-89ab-cdef-001122334455';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'fractal-temporal-'));
});
afterAll(() => rm(base, { recursive: true }));

const runDir = async (identity: object = { uuid: UUID, workflow_id: 'w' }): Promise<string> => {
  const dir = await mkdtemp(join(base, 'x-'));
  for (const name of ['evidence', 'batches', 'records'])
    await mkdir(join(runnerDir(dir), name), { recursive: true });
  await writeFile(identityPath(dir), JSON.stringify(identity));
  await writeFile(requestPath(dir), '{"backend":"local"}');
  return dir;
};

describe('readEarlierRun', () => {
  it('finds every try, published or not, those in parts too, in their order', async () => {
    const dir = await runDir();
    const key = (batch: number, attempt: number, part = ''): string =>
      batchKey(UUID, 3, 'first', batch, attempt, part);
    for (const name of [key(0, 1), key(1, 1), key(1, 2), key(1, 2, 'm2t1')])
      await writeFile(evidencePath(dir, name), '');
    await writeFile(`${evidencePath(dir, key(5, 1))}.123.tmp`, '');
    for (const name of [key(0, 1), key(2, 1), key(2, 10, 't1'), `ffffffffffffffff-003f-000000-1`])
      await mkdir(join(runnerDir(dir), 'batches', name));
    const { tries } = await readEarlierRun(dir);
    expect(tries.map((tried) => [tried.key, tried.batch, tried.try, tried.hasEvidence])).toEqual([
      [key(0, 1), 0, 1, true],
      [key(1, 1), 1, 1, true],
      [key(2, 1), 2, 1, false],
      [key(1, 2), 1, 2, true],
      [key(1, 2, 'm2t1'), 1, 2, true],
      [key(2, 10, 't1'), 2, 10, false],
    ]);
    expect(tries.every(({ position, stage }) => position === 3 && stage === 'first')).toBe(true);
  });

  it('passes over nothing of its own that it does not understand', async () => {
    const dir = await runDir();
    await mkdir(join(runnerDir(dir), 'batches', `${UUID.replaceAll('-', '').slice(0, 16)}-new-kind`));
    await expect(readEarlierRun(dir)).rejects.toThrow(StateCorrupt);
  });

  it('refuses what is no run that was opened, and waits for a newer worker', async () => {
    await expect(readEarlierRun(join(base, 'nowhere'))).rejects.toThrow(/no folder that the worker can read/);
    await expect(readEarlierRun(base)).rejects.toThrow(NotContinuable);
    const unopened = await runDir();
    await rm(requestPath(unopened));
    await expect(readEarlierRun(unopened)).rejects.toThrow(/never opened/);
    await expect(readEarlierRun(await runDir({ uuid: UUID, format: 99 }))).rejects.toThrow(NewerFormat);
  });
});

describe('recordOf', () => {
  it('is the last that was applied', async () => {
    const dir = await runDir();
    expect(await recordOf({ dir }, 1)).toBeNull();
    for (const generation of [0, 2, 10])
      await writeFile(recordPath(dir, 1, generation), JSON.stringify({ task_dir: String(generation) }));
    await writeFile(recordPath(dir, 11, 30), JSON.stringify({ task_dir: 'of another task' }));
    expect(await recordOf({ dir }, 1)).toEqual({ task_dir: '10' });
  });
});
