/** Batches of scripted units on a test cluster, run through the SLURM backend as a worker would. */
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJournals, type JournalReport } from '../../src/batch/read-journals.js';
import { formatUnit } from '../../src/batch/units-file.js';
import type { Backend, Batch, BatchStatus, ExecutorContext, Handle } from '../../src/batch/contract.js';
import { createSlurmBackend } from '../../src/executors/slurm/backend.js';
import { parseSlurmConfig } from '../../src/executors/slurm/options/config.js';
import type { JsonObject } from '../../src/wire/request.js';
import type { Cluster } from './cluster.js';
import { until } from './until.js';

/** Does what its argument `run` says, a line of bash without quotes, and puts each of its starts on record. */
const unitTool = `#!/bin/bash
text=$(<"$2")
line=\${text#*\\"run\\":\\"}
echo "$SLURM_JOB_ID \${SLURM_RESTART_COUNT:-0}" >>"\${2%-args.json}-starts.txt"
eval "\${line%\\"\\}}"
`;

/** A configuration for quick tests: partition `normal`, 100 MB, one CPU, asked every second. */
export const testConfig = (
  runner: JsonObject = {},
  slurm: JsonObject = {},
): ReturnType<typeof parseSlurmConfig> =>
  parseSlurmConfig(
    JSON.stringify({
      default_slurm_config: { partition: 'normal', cpus_per_task: 1, mem: 100, time: '10', ...slurm },
      batching_config: {
        target_cpus_per_job: 4,
        max_cpus_per_job: 16,
        target_mem_per_job: 4000,
        max_mem_per_job: 200000,
        target_num_jobs: 100,
        max_num_jobs: 1000,
      },
      runner_config: { poll_interval_seconds: 1, ...runner },
    }),
  );

/** The backend as a worker of the cluster's user has it; `path` is looked through before the real commands. */
export const backendOn = (
  cluster: Cluster,
  config: ReturnType<typeof parseSlurmConfig> = testConfig(),
  path?: string,
): Backend =>
  createSlurmBackend({
    config,
    user: cluster.user,
    commandPrefix: [
      ...cluster.userPrefix,
      ...(path === undefined ? [] : [`PATH=${path}:/usr/local/bin:/usr/bin:/bin`]),
    ],
  });

export interface BatchInput {
  /** One line of bash per unit, without quotes and backslashes. */
  units: string[];
  lanes?: number;
  meta?: JsonObject;
  account?: string;
  workerInit?: string;
  /** Words of the job name before the key. */
  name?: string;
}

/** A batch in a folder of its own that belongs to the cluster's user. */
export const makeBatch = async (cluster: Cluster, backend: Backend, input: BatchInput): Promise<Batch> => {
  const key = randomUUID().slice(0, 18);
  const workingDir = join(cluster.workDir, key);
  const taskDir = join(workingDir, '0_task');
  const runnerDir = join(workingDir, '.runner');
  for (const folder of [workingDir, taskDir, runnerDir]) {
    await mkdir(folder);
    await chown(folder, cluster.uid, cluster.gid);
  }
  const tool = join(workingDir, 'unit.sh');
  await writeFile(tool, unitTool);
  await chmod(tool, 0o755);
  const units = input.units.map((run, index) =>
    formatUnit({ index, stem: `par-000000-${String(index).padStart(7, '0')}`, args: { run } }),
  );
  const path = (ending: string) => join(runnerDir, `${key}${ending}`);
  await writeFile(path('.units'), units.map((line) => `${line}\n`).join(''));
  const layout = backend.layout({
    units: units.length,
    meta: input.meta ?? {},
    workerInit: input.workerInit ?? null,
    slurmAccount: input.account ?? null,
    userCacheDir: null,
  });
  return {
    key,
    jobName: `${input.name ?? 'run.task'}.${key}`,
    comment: 'run "a" of a test, batch 0',
    runUuid: key,
    taskDir,
    workingDir,
    command: [tool],
    unitCount: units.length,
    lanes: input.lanes ?? 1,
    avoidNodes: [],
    resources: layout.resources,
    paths: {
      units: path('.units'),
      script: path('.sh'),
      intent: path('.intent'),
      owner: path('.owner'),
      tombstone: path('.tombstone'),
      journalPrefix: path('-'),
      stdioPrefix: join(taskDir, `${key}-slurm-`),
    },
  };
};

/** What the executor told its operator goes to `notes`. */
export const newContext = (): ExecutorContext & { notes: string[]; abort(): void } => {
  const controller = new AbortController();
  const notes: string[] = [];
  return {
    signal: controller.signal,
    note: (line) => notes.push(line),
    notes,
    abort: () => {
      controller.abort();
    },
  };
};

export type Ended = Extract<BatchStatus, { state: 'ended' }>;

/** Asks as runBatch does until the batch has ended; `seen` gets every different answer. */
export const untilEnded = async (
  { executor }: Backend,
  batch: Batch,
  handle: Handle,
  seen: BatchStatus[] = [],
): Promise<Ended> => {
  let last: BatchStatus = { state: 'unknown', reason: '' };
  await until(async () => {
    last = await executor.status(batch, handle);
    if (JSON.stringify(last) !== JSON.stringify(seen.at(-1))) seen.push(last);
    return last.state === 'ended';
  }, 240_000);
  return last as BatchStatus as Ended;
};

/** Waits for an answer of the executor that fits. */
export const untilStatus = (
  { executor }: Backend,
  batch: Batch,
  handle: Handle,
  fits: (status: BatchStatus) => boolean,
): Promise<void> => until(async () => fits(await executor.status(batch, handle)));

export const journalOf = (batch: Batch): Promise<JournalReport> => readJournals(batch.paths.journalPrefix);

/** Waits until a unit has begun, which is when its log is there. */
export const untilBegun = (batch: Batch, count = 1): Promise<void> =>
  until(async () => (await readdir(batch.taskDir)).filter((n) => n.endsWith('-starts.txt')).length >= count);

/** `{job id} {restart}` of each start of each unit, by index; what must never hold two. */
export const startsOf = async (batch: Batch): Promise<string[][]> => {
  const starts: string[][] = Array.from({ length: batch.unitCount }, () => []);
  for (const name of await readdir(batch.taskDir)) {
    const index = /^par-\d+-(\d+)-starts\.txt$/.exec(name)?.[1];
    if (index === undefined) continue;
    starts[Number(index)] = (await readFile(join(batch.taskDir, name), 'utf8')).trimEnd().split('\n');
  }
  return starts;
};
