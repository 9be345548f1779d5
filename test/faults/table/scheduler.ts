/** Faults of a cluster: its daemons, its nodes, its commands, and what people and other jobs do to a job. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitCause } from '../../../src/wire/result.js';
import type { Cluster, Daemon } from '../../slurm/cluster.js';
import type { Fault, Target } from '../ground/fault.js';
import { found } from '../ground/run.js';
import { liveJobs, REAL, type WRAPPED } from '../ground/slurm-world.js';
import type { Site } from '../ground/world.js';

const siteOf = ({ world }: Target): Site => {
  if (world.site === null) throw new Error('a fault of a cluster in a world without one');
  return world.site;
};

const on = ['slurm'] as const;

const aWhile = ({ random, seconds }: Target): Promise<void> =>
  sleep(random.between(10, seconds(150, 60)) * 100);

const daemon = (name: Daemon, signal: 'KILL' | 'TERM'): Fault => ({
  ...{ name: `${name}: SIG${signal}`, on, spoils: [], holds: () => name },
  inject: async (target) => {
    const { cluster } = siteOf(target);
    await cluster.stopDaemon(name, signal);
    await aWhile(target);
    await cluster.startDaemon(name);
    return true;
  },
});

const daemons = (['slurmctld', 'slurmdbd', 'slurmd-1'] as const).flatMap((name) =>
  (['KILL', 'TERM'] as const).map((signal) => daemon(name, signal)),
);

const node: Fault = {
  ...{ name: 'node lost with all of its processes', on, holds: () => 'slurmd-1' },
  spoils: ['interrupted', 'never_started', 'signal'],
  inject: async (target) => {
    const { cluster } = siteOf(target);
    await cluster.killNode(1);
    await aWhile(target);
    await cluster.startDaemon('slurmd-1');
    return true;
  },
};

/** Lines of squeue about jobs of the run that are in one of the states. */
const jobsOf = async (target: Target, states: RegExp): Promise<string[]> =>
  (await liveJobs(siteOf(target).cluster, target.run.dir)).filter((line) => states.test(line));

const idOf = (line: string): string => line.split(' ')[0] ?? '';

/** root's command on it; what is refused has met nothing: the job is over by now. */
const tries = async (cluster: Cluster, command: string[]): Promise<boolean> =>
  cluster.asRoot(command).then(
    () => true,
    () => false,
  );

const toJob = (
  name: string,
  spoils: readonly UnitCause[],
  states: RegExp,
  act: (cluster: Cluster, job: string, target: Target) => Promise<boolean>,
): Fault => ({
  ...{ name, on, spoils },
  inject: async (target) => {
    const there = await found(target.run, () => jobsOf(target, states));
    return there.length > 0 && act(siteOf(target).cluster, idOf(target.random.pick(there)), target);
  },
});

const jobs: readonly Fault[] = [
  toJob('job: scancel by hand', ['cancelled'], / (PENDING|RUNNING) /, (cluster, job) =>
    tries(cluster, ['scancel', job]),
  ),
  toJob('job: requeued by force', ['interrupted', 'never_started'], / RUNNING /, async (cluster, job) => {
    await tries(cluster, ['scontrol', 'update', `JobId=${job}`, 'Requeue=1']);
    return tries(cluster, ['scontrol', 'requeue', job]);
  }),
  toJob('job: suspended and resumed', [], / RUNNING /, async (cluster, job, target) => {
    const was = await tries(cluster, ['scontrol', 'suspend', job]);
    await aWhile(target);
    await tries(cluster, ['scontrol', 'resume', job]);
    return was;
  }),
  toJob('script of a job: SIGKILL', ['interrupted', 'never_started'], / RUNNING /, (cluster, job) =>
    tries(cluster, ['scancel', '--batch', '--signal=KILL', job]),
  ),
];

const preemption: Fault = {
  ...{ name: 'jobs: preempted', on, spoils: ['interrupted', 'never_started'], holds: () => 'nodes' },
  inject: async (target) => {
    const { cluster } = siteOf(target);
    const wanted = ['sbatch', '--parsable', '-p', 'high', '-N', '2', '--exclusive', '-o', '/dev/null'];
    const { stdout } = await cluster.asUser([...wanted, '--wrap', 'sleep 600']);
    await aWhile(target);
    await tries(cluster, ['scancel', stdout.trim()]);
    return true;
  },
};

const held: Fault = {
  ...{ name: 'partition down, waiting jobs held, then released', on, spoils: [], holds: () => 'partition' },
  inject: async (target) => {
    const { cluster } = siteOf(target);
    const partition = (state: string): Promise<unknown> =>
      cluster.asRoot(['scontrol', 'update', 'PartitionName=low', `State=${state}`]);
    await partition('DOWN');
    await aWhile(target);
    const waiting = (await jobsOf(target, / PENDING /)).map(idOf);
    for (const job of waiting) await tries(cluster, ['scontrol', 'hold', job]);
    await partition('UP');
    await aWhile(target);
    for (const job of waiting) await tries(cluster, ['scontrol', 'release', job]);
    return true;
  },
};

const command = (which: (typeof WRAPPED)[number], does: string, lines: string): Fault => ({
  ...{ name: `${which}: ${does}`, on, spoils: [], holds: () => which },
  inject: async (target) => {
    const { wrappers } = siteOf(target);
    const before = (await wrappers.calls(which)).length;
    await wrappers.set(which, lines);
    await aWhile(target);
    await wrappers.set(which, REAL);
    return (await wrappers.calls(which)).length > before;
  },
});

const answers: readonly [string, string][] = [
  ['hangs', 'exec sleep 600'],
  ['fails', 'echo "error: Socket timed out on send/recv operation" >&2; exit 1'],
  ['prints nothing', 'exit 0'],
  ['prints garbage', 'echo "<html>502|Bad|Gateway|</html>"'],
  ['is late', `sleep 3; ${REAL}`],
];

const ONCE = 'mkdir "$0.once" 2>/dev/null || exec "$real" "$@"';

const commands = [
  ...(['squeue', 'sacct'] as const).flatMap((which) =>
    answers.map(([does, lines]) => command(which, does, lines)),
  ),
  command('sbatch', 'is late', `sleep 3; ${REAL}`),
  command('sbatch', 'hangs', 'exec sleep 600'),
  command('sbatch', 'fails', 'echo "sbatch: error: Socket timed out on send/recv operation" >&2; exit 1'),
  command('sbatch', 'killed before it submits', 'kill -KILL $$'),
  command(
    'sbatch',
    'killed after it has submitted, before it says so',
    `${ONCE}; "$real" "$@" >/dev/null; kill -KILL $$`,
  ),
  command(
    'scontrol',
    'fails',
    'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1',
  ),
];

export const schedulerFaults: readonly Fault[] = [...daemons, node, ...jobs, preemption, held, ...commands];
