/** Slots of a worker that batches hold while they wait. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RunCancelledError } from '../../src/client/index.js';
import { begun, start, thrownBy, waiting, withHarness } from '../support/disturbed-runs.js';
import { until, untilFile } from '../support/until.js';

const harness = withHarness({
  maxUnits: 4,
  unitsPerBatch: 1,
  worker: { batchesAtOnce: 3, permanentPatienceMs: 1_500 },
});

it('runs whose waiting batches hold every slot keep no other from its short activities', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const first = await start(harness(), (folder) => [waiting(folder, ...names)], names);
  await until('as many as there are slots', async () => (await begun(first.dir)).length === 3);
  const others = await Promise.all(
    Array.from({ length: 10 }, () => start(harness(), (folder) => [waiting(folder)], names)),
  );
  await Promise.all(
    others.map(({ dir }) => untilFile(join(dir, 'run', '.runner', 'plans', '000000-first.json'))),
  );
  expect(await Promise.all(others.map(({ dir }) => begun(dir)))).toEqual(others.map(() => []));
  await first.handle.cancel();
  expect(await thrownBy(first.handle.result())).toBeInstanceOf(RunCancelledError);
  for (const { handle } of others) expect((await handle.result()).status).toBe('done');
});
