/** What waits for a scheduler holds up nobody else: heavy steps of a worker take turns, and such waits are none. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunHandle } from '../../src/client/index.js';
import { said } from '../executors/slurm/fake-cluster.js';
import { startClusterGround, type ClusterGround } from '../support/running-cluster.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

let ground: ClusterGround;
beforeAll(async () => {
  ground = await startClusterGround({
    runner_config: { poll_interval_seconds: 0.1, late_file_wait_seconds: 0 },
  });
});
afterAll(() => ground.harness.stop());

/** Attempt of the step that it is at; 0: none has begun. */
const attempt = async (run: RunHandle): Promise<number> => {
  const [step] = (await run.temporal.describe()).raw.pendingActivities ?? [];
  return step?.lastStartedTime ? (step.attempt ?? 0) : 0;
};

/** As many runs as may be at heavy work at once ask what became of the jobs of others, which nobody can tell. */
it('a run goes on while others wait to be told of the jobs of runs that were lost', async () => {
  const { harness, cluster } = ground;
  const waiting = await Promise.all(
    ['first', 'second'].map(async () => {
      const dir = await harness.folder();
      const [began, go] = [join(dir, 'began'), join(dir, 'go')];
      const tasks = [
        { type: 'parallel' as const, script: { [zarrUrl(dir, 'a')]: { tell: began, wait_for: go } } },
      ];
      const request = makeRequest({ dir, tasks, images: ['a'], extra: { backend: 'slurm' } });
      const lost = await harness.start(request);
      await untilFile(began);
      await lost.temporal.terminate('lost');
      const recovery = { rerun_interrupted: true };
      const from = { workflow_dir_local: join(dir, 'again'), continue_from: join(dir, 'run') };
      return { go, again: { ...request, ...from, recovery } };
    }),
  );
  cluster.override = (command) => (command === 'squeue' ? said('', 1, 'slurm_load_jobs error\n') : null);
  cluster.endJobs('OUT_OF_MEMORY');
  for (const { go } of waiting) await writeFile(go, '');
  const asking = await Promise.all(waiting.map(({ again }) => harness.start(again)));
  await until('both to ask', async () =>
    (await Promise.all(asking.map(attempt))).every((number) => number === 1),
  );
  const dir = await harness.folder();
  const other = makeRequest({
    dir,
    tasks: [{ type: 'parallel' }],
    images: ['a'],
    extra: { backend: 'slurm' },
  });
  expect((await (await harness.start(other)).result()).status).toBe('done');
  expect(await Promise.all(asking.map(attempt))).toEqual([1, 1]);
  cluster.override = () => null;
  for (const run of asking) expect((await run.result()).status).toBe('done');
});
