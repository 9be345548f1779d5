/** Units that reached a limit of their job, on a cluster in memory: an operator's word raises it, never lowers it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, refusal, untilStatus } from '../support/operator.js';
import { startClusterGround, type ClusterGround } from '../support/running-cluster.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { untilFile } from '../support/until.js';

let ground: ClusterGround;
beforeAll(async () => {
  ground = await startClusterGround({
    runner_config: { poll_interval_seconds: 0.1, late_file_wait_seconds: 0 },
  });
});
afterAll(() => ground.harness.stop());

it.each([
  ['OUT_OF_MEMORY', 'out_of_memory', 'mem', '100M', '101M', 'time'],
  ['TIMEOUT', 'timeout', 'time', '10', '11', 'mem'],
  ['DEADLINE', 'timeout', 'time', '10', '0:11:00', 'mem'],
  // sbatch(1): no limit at all.
  ['TIMEOUT', 'timeout', 'time', '10', '0', 'mem'],
])('%s: %s is mended by more %s alone (%s to %s)', async (state, cause, key, had, more, other) => {
  const { harness, cluster } = ground;
  const dir = await harness.folder();
  const [began, go] = [join(dir, 'began'), join(dir, 'go')];
  const script = { [zarrUrl(dir, 'a')]: { tell: began, wait_for: go } };
  const tasks = [{ type: 'parallel' as const, script, meta: { mem: '100M', time: '10' } }];
  const extra = { backend: 'slurm', recovery: { on_failure: 'wait' } };
  const run = await harness.start(makeRequest({ dir, tasks, images: ['a'], extra }));
  await untilFile(began);
  cluster.endJobs(state);
  await untilStatus(run, 'held');
  const refused = `UpdateRefused: retry refused: unit 0 was interrupted (${cause}) and`;
  const words = `ask for more (meta: ${key}), or say that they may run again all the same (rerun_interrupted)`;
  expect(await refusal(ask(run, 'retry', {}))).toBe(`${refused} may have changed data: ${words}`);
  expect(await refusal(ask(run, 'retry', { meta: { [other]: other === 'mem' ? '1G' : '60' } }))).toBe(
    `${refused} may have changed data: ${words}`,
  );
  expect(await refusal(ask(run, 'retry', { meta: { [key]: had } }))).toBe(
    `${refused} would have no more than then: ${words}`,
  );
  await writeFile(go, '');
  expect(await ask(run, 'retry', { meta: { [key]: more } })).toMatchObject({ units: 1 });
  const result = await run.result();
  expect(
    result.task_runs[0]?.units[0]?.tries?.map((one) => [
      one.cause,
      one.asked[key === 'mem' ? 'mem_mb_per_unit' : 'time'],
    ]),
  ).toEqual([
    [cause, key === 'mem' ? 100 : had],
    [null, key === 'mem' ? 101 : more],
  ]);
});
