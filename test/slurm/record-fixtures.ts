/**
 * Records what the commands of a real cluster print, good and bad, into test/fixtures/slurm/*.json, so that parsers
 * are tested against the real thing: `npx tsx test/slurm/record-fixtures.ts` as root on Debian, about three minutes.
 */
import { mkdir } from 'node:fs/promises';
import { sacctByName, sacctByUser } from '../../src/executors/slurm/commands/sacct.js';
import { squeueArguments } from '../../src/executors/slurm/commands/squeue.js';
import { startCluster, type Cluster, type ClusterOptions } from './cluster.js';
import { folder, record, recordJob, sacctOf, stateIs, submit } from './recorder.js';
import { until } from './until.js';

const user = 'fractaluser';
const squeueAll = ['squeue', ...squeueArguments(user)];
const sacctAll = ['sacct', ...sacctByUser(user, 3600)];

const withCluster = async (options: ClusterOptions, scenario: (cluster: Cluster) => Promise<void>) => {
  const cluster = await startCluster(options);
  try {
    await scenario(cluster);
  } finally {
    await cluster.down();
  }
};

const refusals = async (cluster: Cluster): Promise<void> => {
  const ok = '#!/bin/bash\nexit 0\n';
  const cases: [string, string[], string][] = [
    ['accepted', [], ok],
    ['unknown-partition', ['-p', 'nowhere'], ok],
    ['closed-partition', ['-p', 'closed'], ok],
    ['unknown-account', ['-A', 'nobody'], ok],
    ['foreign-account', ['-A', 'other'], ok],
    ['unknown-qos', ['-q', 'nothing'], ok],
    ['over-memory', ['--mem=999999M'], ok],
    ['over-cpus', ['-c', '999'], ok],
    ['unknown-constraint', ['-C', 'quantum'], ok],
    ['unknown-gres', ['--gres=gpu:1'], ok],
    ['unknown-nodelist', ['-w', 'n99'], ok],
    ['bad-time', ['-t', 'soon'], ok],
    ['bad-memory', ['--mem=lots'], ok],
    ['unknown-option', ['--frobnicate'], ok],
    ['no-shebang', [], 'echo hello\n'],
    ['empty-script', [], ''],
    ['dos-line-ends', [], '#!/bin/bash\r\necho hello\r\n'],
  ];
  for (const [name, options, script] of cases) {
    await record(cluster, `sbatch-${name}`, ['sbatch', '--parsable', '-J', name, ...options], script);
  }
  for (const [name, limit, options] of [
    ['qos-submit-limit', 3, ['-q', 'few']],
    ['account-submit-limit', 2, ['-A', 'tight']],
  ] as const) {
    for (let job = 0; job < limit; job++) await submit(cluster, name, [...options, '--hold'], 'true');
    await record(cluster, `sbatch-${name}`, ['sbatch', '--parsable', '-J', name, ...options], ok);
  }
  await cluster.asUser(['scancel', '-u', cluster.user]);
};

const waiting = async (cluster: Cluster): Promise<void> => {
  const jobs: [string, string[], RegExp][] = [
    ['held-by-user', ['--hold'], /JobHeldUser/],
    ['begin-time', ['--begin=now+1hour'], /BeginTime/],
    ['partition-time-limit', ['-p', 'minute', '-t', '10'], /PartitionTimeLimit/],
    ['partition-config', ['-c', '999'], /PartitionConfig/],
    ['dependency-never', ['-d', 'afterok:1', '--kill-on-invalid-dep=no'], /Dependency/],
    ['running', [], /RUNNING/],
    ['name-with-bars', ['-J', 'a|b c.key-1'], /RUNNING/],
  ];
  const failing = await submit(cluster, 'failing', [], 'exit 3');
  await until(() => stateIs(cluster, failing, /FAILED/));
  for (const [name, options, pattern] of jobs) {
    const dependent = options.map((word) => word.replace('afterok:1', `afterok:${failing}`));
    const id = await submit(cluster, name, dependent, 'sleep 600');
    await recordJob(cluster, name, id, pattern);
  }
  await cluster.asUser(['scancel', '-u', cluster.user]);
  const held = await submit(cluster, 'requeue-hold', ['--requeue'], 'sleep 600');
  await until(() => stateIs(cluster, held, /RUNNING/));
  await cluster.asRoot(['scontrol', 'requeuehold', held]);
  await recordJob(cluster, 'requeue-hold', held, /PENDING|REQUEUE_HOLD/);
  const special = await submit(cluster, 'special-exit', ['--requeue'], 'sleep 600');
  await until(() => stateIs(cluster, special, /RUNNING/));
  await cluster.asRoot(['scontrol', 'requeuehold', 'State=SpecialExit', special]);
  await recordJob(cluster, 'special-exit', special, /SPECIAL_EXIT/);
  const suspended = await submit(cluster, 'suspended', [], 'sleep 600');
  await until(() => stateIs(cluster, suspended, /RUNNING/));
  await cluster.asRoot(['scontrol', 'suspend', suspended]);
  await recordJob(cluster, 'suspended', suspended, /SUSPENDED/);
  await cluster.asRoot(['scontrol', 'update', 'PartitionName=low', 'State=DOWN']);
  await record(cluster, 'squeue-waiting', squeueAll);
  const down = await submit(cluster, 'partition-down', ['-p', 'low'], 'true');
  await recordJob(cluster, 'partition-down', down, /PartitionDown/);
  await cluster.asUser(['scancel', '-u', cluster.user]);
};

const ends = async (cluster: Cluster): Promise<void> => {
  const jobs: [string, string[], string, RegExp][] = [
    ['completed', [], 'exit 0', /COMPLETED/],
    ['failed', [], 'exit 3', /FAILED/],
    ['signal', [], 'kill -TERM $$', /FAILED/],
    ['killed', [], 'kill -KILL $$', /FAILED/],
    [
      'out-of-memory',
      ['--mem=50'],
      'head -c 200000000 /dev/zero | tail -c 150000000 | wc -c; exit 0',
      /OUT_OF_ME/,
    ],
    ['timeout', ['-p', 'minute'], 'sleep 600', /TIMEOUT/],
    // The default time of its partition is an hour: it can never end in time.
    ['deadline', ['--deadline=now+70seconds'], 'true', /DEADLINE/],
  ];
  const submitted = [];
  for (const [name, options, line, pattern] of jobs) {
    submitted.push({ name, pattern, id: await submit(cluster, name, options, line) });
  }
  for (const name of ['cancelled', 'completing']) {
    // Ignores SIGTERM, so that the job is COMPLETING for KillWait.
    const id = await submit(cluster, name, [], "trap '' TERM; while :; do sleep 1; done");
    await until(() => stateIs(cluster, id, /RUNNING/));
    await cluster.asUser(['scancel', id]);
    await recordJob(cluster, name, id, name === 'completing' ? /COMPLETING/ : /CANCELLED/);
    if (name === 'completing') await record(cluster, 'squeue-completing', squeueAll);
  }
  const pending = await submit(cluster, 'cancelled-pending', ['--hold'], 'true');
  await cluster.asUser(['scancel', pending]);
  await recordJob(cluster, 'cancelled-pending', pending, /CANCELLED/);
  for (const { name, id, pattern } of submitted) await recordJob(cluster, name, id, pattern);
  await record(cluster, 'sacct-ends', sacctAll);
  await record(cluster, 'squeue-ends', squeueAll);
};

const preemption = async (cluster: Cluster): Promise<void> => {
  const options = ['--exclusive', '-N', '2'];
  const low = await submit(cluster, 'preempted', ['-p', 'low', ...options], 'sleep 600');
  await until(() => stateIs(cluster, low, /RUNNING/));
  await submit(cluster, 'urgent', ['-p', 'high', ...options], 'sleep 5');
  await recordJob(cluster, 'preempted', low, /PREEMPTED/);
  await cluster.asUser(['scancel', '-u', cluster.user]);
  const again = await submit(cluster, 'requeued', ['-p', 'lowrequeue', '--requeue', ...options], 'sleep 600');
  await until(() => stateIs(cluster, again, /RUNNING/));
  await submit(cluster, 'urgent', ['-p', 'high', ...options], 'sleep 30');
  await until(() => stateIs(cluster, again, /PENDING/));
  await recordJob(cluster, 'preempted-requeued', again, /PENDING/);
  await cluster.asUser(['scancel', '-u', cluster.user]);
};

const nodeFailure = async (cluster: Cluster): Promise<void> => {
  const second = ['-w', cluster.nodes[1]];
  const lost = await submit(cluster, 'node-fail', second, 'sleep 600');
  const again = await submit(cluster, 'node-fail-requeued', ['--requeue', ...second], 'sleep 600');
  for (const id of [lost, again]) await until(() => stateIs(cluster, id, /RUNNING/));
  await cluster.killNode(2);
  await recordJob(cluster, 'node-fail', lost, /NODE_FAIL/);
  await recordJob(cluster, 'node-fail-requeued', again, /PENDING/);
  await cluster.asUser(['scancel', '-u', cluster.user]);
};

const absences = async (cluster: Cluster): Promise<void> => {
  await record(cluster, 'squeue-unknown-id', ['squeue', '-h', '-j', '999']);
  await record(cluster, 'scontrol-unknown-id', ['scontrol', 'show', 'job', '-o', '999']);
  await record(cluster, 'scancel-unknown-id', ['scancel', '999']);
  await record(cluster, 'sacct-by-name', ['sacct', ...sacctByName(user, 'requeue-hold', 3600)]);
  await record(cluster, 'sacct-unknown-id', sacctOf('999'));
  await record(cluster, 'scontrol-config', ['scontrol', 'show', 'config']);
  const commands: [string, string[]][] = [
    ['squeue', squeueAll],
    ['sacct', sacctAll],
    ['sbatch', ['sbatch', '--parsable', '--wrap', 'true']],
    ['scancel', ['scancel', '1']],
    ['scontrol', ['scontrol', 'show', 'job', '-o', '1']],
    ['sinfo', ['sinfo', '-h']],
  ];
  const recordAll = (what: string) =>
    Promise.all(commands.map(([name, command]) => record(cluster, `${name}-${what}`, command)));
  await cluster.stopDaemon('slurmdbd', 'KILL');
  await record(cluster, 'sacct-no-slurmdbd', sacctAll);
  await cluster.startDaemon('slurmdbd');
  await cluster.stopDaemon('slurmctld', 'KILL');
  await recordAll('no-controller');
  await cluster.startDaemon('slurmctld');
  await cluster.stopDaemon('munged');
  await recordAll('no-munge');
  await cluster.startDaemon('munged');
};

await mkdir(folder, { recursive: true });
const accounting = { accounting: true };
await Promise.all([
  withCluster(accounting, async (cluster) => {
    await refusals(cluster);
    await waiting(cluster);
    await absences(cluster);
  }),
  withCluster(accounting, ends),
  withCluster(accounting, async (cluster) => {
    await preemption(cluster);
    await nodeFailure(cluster);
  }),
  withCluster({}, async (cluster) => {
    await record(cluster, 'sacct-no-accounting', sacctAll);
    await record(cluster, 'squeue-empty', squeueAll);
    await record(cluster, 'sinfo', ['sinfo', '-h', '-o', '%P|%a|%l|%D|%T|%m|%c|%G']);
  }),
]);
