/** Units that run again by policy alone, on a cluster in memory: what each end is charged to, what is asked for, and how far that goes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startClusterGround, type ClusterGround } from '../support/running-cluster.js';
import { readResult } from '../support/read-result.js';
import { makeRequest, zarrUrl } from '../support/scripted-requests.js';
import { until } from '../support/until.js';

const runner_config = { poll_interval_seconds: 0.1, late_file_wait_seconds: 0, vanish_window_seconds: 1 };

interface Case {
  recovery?: Record<string, unknown>;
  meta?: Record<string, unknown>;
  /** Of the unit's tries, one after the other; `lost`: SLURM knows nothing of the job any more. */
  ends: string[];
}

/** A run of one unit, once the ends have come and whatever runs then may end well. */
const through = async ({ cluster, harness }: ClusterGround, { recovery, meta = {}, ends }: Case) => {
  const dir = await harness.folder();
  const [runs, go] = [join(dir, 'runs'), join(dir, 'go')];
  const tasks = [
    {
      ...{ type: 'parallel' as const, runs_file: runs, meta: { mem: '100M', time: '10', ...meta } },
      script: { [zarrUrl(dir, 'a')]: { wait_for: go } },
    },
  ];
  const extra = { backend: 'slurm', ...(recovery === undefined ? {} : { recovery }) };
  const run = await harness.start(makeRequest({ dir, tasks, images: ['a'], extra }));
  const begun = async () => (await readFile(runs, 'utf8').catch(() => '')).split('\n').length - 1;
  for (const [index, end] of ends.entries()) {
    await until(`try ${index + 1}`, async () => (await begun()) === index + 1);
    if (end === 'lost') cluster.loseJobs(dir);
    else cluster.endJobs(end, dir);
  }
  await writeFile(go, '');
  const failed = await run.result().then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  return { dir, run, failed, begun: await begun() };
};

/** Cause and request of each of its tries. */
const triesOf = async (on: ClusterGround, one: Case) => {
  const { dir, failed, begun } = await through(on, one);
  const [unit] = (await readResult(dir)).task_runs[0]?.units ?? [];
  const asked = unit?.tries?.map(({ cause, asked: { mem_mb_per_unit: mem, time } }) =>
    [cause ?? 'done', mem, time].join(' '),
  );
  return { asked, failed, begun };
};

let ground: ClusterGround;
/** Whose worker's configuration gives tries. */
let giving: ClusterGround;
beforeAll(async () => {
  const batching_config = {
    ...{ target_cpus_per_job: 1, max_cpus_per_job: 1, target_mem_per_job: '300M', max_mem_per_job: '300M' },
    ...{ target_num_jobs: 100, max_num_jobs: 100 },
  };
  const recovery = { time: { tries: 1, factor: 3 }, infrastructure: { tries: 1 } };
  [ground, giving] = await Promise.all([
    startClusterGround({ batching_config, runner_config }),
    startClusterGround({ runner_config: { ...runner_config, recovery } }),
  ]);
  ground.cluster.nodes = 'main*|45:00|4|8000|idle|n1\n';
});
afterAll(() => Promise.all([ground.harness.stop(), giving.harness.stop()]));

it.concurrent.each<[string, Case, string[]]>([
  // First, since SLURM may put a job of this state back into its queue: it is waited for, whether it does.
  [
    'infrastructure, after BOOT_FAIL',
    { recovery: { infrastructure: { tries: 1 } }, ends: ['BOOT_FAIL'] },
    ['interrupted 100 10', 'done 100 10'],
  ],
  [
    'time, after DEADLINE as after TIMEOUT',
    { recovery: { time: { tries: 2 } }, ends: ['DEADLINE', 'TIMEOUT'] },
    ['timeout 100 10', 'timeout 100 20', 'done 100 40'],
  ],
  [
    "time up to its partition's limit",
    { recovery: { time: { tries: 3, factor: 4, max: null } }, ends: ['TIMEOUT', 'TIMEOUT', 'TIMEOUT'] },
    ['timeout 100 10', 'timeout 100 40', 'timeout 100 45', 'done 100 45'],
  ],
  [
    'time up to its own max',
    { recovery: { time: { tries: 2, max: '15' } }, ends: ['TIMEOUT', 'DEADLINE'] },
    ['timeout 100 10', 'timeout 100 15', 'done 100 15'],
  ],
  [
    'memory up to what a job may have',
    { recovery: { memory: { tries: 3, max: null } }, ends: Array<string>(3).fill('OUT_OF_MEMORY') },
    ['out_of_memory 100 10', 'out_of_memory 200 10', 'out_of_memory 300 10', 'done 300 10'],
  ],
  [
    'memory up to its own max',
    { recovery: { memory: { tries: 2, max: '150M' } }, ends: Array<string>(2).fill('OUT_OF_MEMORY') },
    ['out_of_memory 100 10', 'out_of_memory 150 10', 'done 150 10'],
  ],
  [
    'rerun_interrupted, with more time by its factor',
    { recovery: { rerun_interrupted: true, time: { factor: 1.5 } }, ends: ['TIMEOUT', 'DEADLINE'] },
    ['timeout 100 10', 'timeout 100 15', 'done 100 23'],
  ],
  [
    'each of its own, whatever the others have spent',
    {
      recovery: { time: { tries: 1 }, memory: { tries: 1 }, infrastructure: { tries: 1 } },
      ends: ['TIMEOUT', 'OUT_OF_MEMORY', 'lost'],
    },
    ['timeout 100 10', 'out_of_memory 100 20', 'interrupted 200 20', 'done 200 20'],
  ],
])('%s', async (_, one, asked) => {
  expect(await triesOf(ground, one)).toEqual({ asked, failed: '', begun: asked.length });
});

it.concurrent.each<[string, Case, string[], RegExp]>([
  [
    'time is used up by DEADLINE, whatever memory has left',
    { recovery: { time: { tries: 1 }, memory: { tries: 5 } }, ends: ['DEADLINE', 'DEADLINE'] },
    ['timeout 100 10', 'timeout 100 20'],
    /deadline/,
  ],
  [
    'the tries of infrastructure that nobody gave are no consent',
    { ends: ['lost'] },
    ['interrupted 100 10'],
    /SLURM no longer knows job/,
  ],
])('%s', async (_, one, asked, words) => {
  const { failed, ...rest } = await triesOf(ground, one);
  expect(rest).toEqual({ asked, begun: asked.length });
  expect(failed).toMatch(words);
});

it.concurrent.each<[string, Case, string[]]>([
  ['of a limit', { ends: ['TIMEOUT'] }, ['timeout 100 10', 'done 100 30']],
  ['of a loss, as if it was given', { ends: ['lost'] }, ['interrupted 100 10', 'done 100 10']],
  [
    'under what the request says, key by key',
    { recovery: { time: { factor: 2 } }, ends: ['TIMEOUT'] },
    ['timeout 100 10', 'done 100 20'],
  ],
])("a worker's configuration gives the tries %s", async (_, one, asked) => {
  expect(await triesOf(giving, one)).toEqual({ asked, failed: '', begun: asked.length });
});

it.concurrent('what it gives is taken back by a request', async () => {
  const { asked, failed } = await triesOf(giving, { recovery: { time: { tries: 0 } }, ends: ['TIMEOUT'] });
  expect(asked).toEqual(['timeout 100 10']);
  expect(failed).toContain('TIMEOUT');
});

it.concurrent('the Web UI says of each try what it is, what it asks for and why', async () => {
  const { run } = await through(giving, {
    recovery: { memory: { tries: 1 } },
    meta: { mem: '4G' },
    ends: ['OUT_OF_MEMORY', 'TIMEOUT'],
  });
  const { events } = await run.temporal.fetchHistory();
  const summaries = (events ?? []).flatMap(
    ({ userMetadata, activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === 'runBatch' && userMetadata?.summary
        ? [defaultPayloadConverter.fromPayload<string>(userMetadata.summary)]
        : [],
  );
  expect(summaries).toEqual([
    'Task 0 Task 0, batch 1 of 1',
    'Task 0 Task 0, batch 1 of 1, try 2, 8 GB after OUT_OF_MEMORY',
    'Task 0 Task 0, batch 1 of 1, try 3, 8 GB, 30 min after TIMEOUT',
  ]);
});
