/** The SLURM backend on a real cluster of this machine: units in a job, end of a job to its result, many jobs. */
import { join } from 'node:path';
import type { Bench, BenchContext, Row } from './bench.js';
import { activityTimes, workflowIdIn } from './histories.js';
import { median, seconds, timed, times } from './measure.js';
import { journalsOf, runPlainly } from './slurm-jobs.js';
import { onCluster, type Site, withWorker } from './slurm-site.js';
import {
  SLURM_JOBS,
  SLURM_LATENCY_LIMIT_SECONDS,
  SLURM_LATENCY_RUNS,
  SLURM_LONG_POLL_SECONDS,
  SLURM_SHORT_POLL_SECONDS,
  SLURM_UNITS,
  SLURM_UNITS_PER_SECOND_LIMIT,
} from './tunables.js';
import { xargs } from './units.js';
import { POLL_JITTER_FRACTION } from '../src/executors/slurm/tunables.js';

/** Units per second within a job, and the whole run against the same script given to sbatch by hand. */
const oneJob = async ({ say }: BenchContext, { cluster, run }: Site): Promise<Row[]> => {
  const peer = SLURM_UNITS / (await xargs(SLURM_UNITS, 2));
  const { dir, took } = await run(SLURM_UNITS, SLURM_UNITS);
  const [journal] = await journalsOf(join(dir, 'run'));
  const rate = journal === undefined ? NaN : SLURM_UNITS / (journal.lastEnd - journal.firstStart);
  const plain = await runPlainly(cluster, join(dir, 'run'));
  say(`${SLURM_UNITS} units: ${rate.toFixed(0)}/s; run ${seconds(took)}, plain sbatch ${seconds(plain)}`);
  return [
    {
      what: `units of \`true\` within one SLURM job on 2 cores (${SLURM_UNITS} of them)`,
      measured: `${rate.toFixed(0)} units/s`,
      peer: `xargs -P 2: ${peer.toFixed(0)} units/s`,
      ratio: times(rate / peer),
      limit: `${SLURM_UNITS_PER_SECOND_LIMIT} units/s`,
      reached: rate >= SLURM_UNITS_PER_SECOND_LIMIT,
    },
    {
      what: 'the same as a whole run, `run` to result',
      measured: seconds(took),
      peer: `plain sbatch of the same script: ${seconds(plain)}`,
      ratio: times(took / plain),
      limit: '',
      reached: null,
    },
  ];
};

/** From the last unit's end to the end of the batch's activity, with an interval that is far longer. */
const latency = async ({ client, say }: BenchContext, { run }: Site): Promise<Row> => {
  const latencies: number[] = [];
  for (let repetition = 0; repetition < SLURM_LATENCY_RUNS; repetition += 1) {
    const { dir } = await run(1, 1);
    const [journal] = await journalsOf(join(dir, 'run'));
    const activities = await activityTimes(client, await workflowIdIn(dir));
    const batch = activities.find(({ type }) => type === 'runBatch');
    latencies.push((batch?.ended ?? NaN) - (journal?.lastEnd ?? NaN));
    say(`a job's end to its result: ${seconds(latencies.at(-1) ?? NaN)}`);
  }
  const worst = Math.max(...latencies);
  return {
    what: `end of a job to the end of its activity, squeue asked every ${SLURM_LONG_POLL_SECONDS} s; worst of ${SLURM_LATENCY_RUNS}`,
    measured: seconds(worst),
    peer: `median: ${seconds(median(latencies))}`,
    ratio: '',
    limit: seconds(SLURM_LATENCY_LIMIT_SECONDS),
    reached: worst <= SLURM_LATENCY_LIMIT_SECONDS,
  };
};

/** Calls of squeue and sbatch for many jobs. */
const manyJobs = async ({ say }: BenchContext, { run, wrappers }: Site): Promise<Row[]> => {
  const before = (await wrappers.calls('squeue')).length;
  const elapsed = await timed(() => run(2 * SLURM_JOBS, 2));
  const squeues = (await wrappers.calls('squeue')).length - before;
  const sbatches = (await wrappers.calls('sbatch')).length;
  // The interval is jittered; one call may fall on either end.
  const allowed = 1 + Math.ceil(elapsed / (SLURM_SHORT_POLL_SECONDS * (1 - POLL_JITTER_FRACTION)));
  say(`${SLURM_JOBS} jobs in ${seconds(elapsed)}: ${squeues} squeue, ${sbatches} sbatch`);
  const what = `${SLURM_JOBS} jobs submitted, watched and applied in ${seconds(elapsed)}`;
  return [
    {
      what: `${what}: squeue`,
      measured: `${squeues} calls`,
      peer: `one per ${SLURM_SHORT_POLL_SECONDS} s`,
      ratio: '',
      limit: `${allowed} calls`,
      reached: squeues <= allowed,
    },
    {
      what: `${what}: sbatch`,
      measured: `${sbatches} calls`,
      peer: '',
      ratio: '',
      limit: `${SLURM_JOBS} calls`,
      reached: sbatches === SLURM_JOBS,
    },
  ];
};

export const slurm: Bench = {
  name: 'slurm',
  title: 'the SLURM backend on a cluster of this machine',
  run: (context) =>
    onCluster(context, async (cluster) => {
      const quick = await withWorker(
        context,
        cluster,
        { poll_interval_seconds: SLURM_LONG_POLL_SECONDS },
        async (site) => [...(await oneJob(context, site)), await latency(context, site)],
      );
      const many = await withWorker(
        context,
        cluster,
        { poll_interval_seconds: SLURM_SHORT_POLL_SECONDS },
        (site) => manyJobs(context, site),
      );
      return [...quick, ...many];
    }),
};
