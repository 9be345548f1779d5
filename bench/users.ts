/** A supervisor of many users of whom few are busy (docs/users.md): processes, memory, and what looking costs. */
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startProcessWorkflow, type RunHandle } from '../src/client/index.js';
import { makeUsers, whyNoUsers, type UnixUser } from '../test/supervisor/unix-users.js';
import { siteConfig } from '../test/slurm/slurm-worker.js';
import { until } from '../test/support/until.js';
import type { Bench, BenchContext, Row } from './bench.js';
import { seconds, sum } from './measure.js';
import { familyOf, memoryMib, secondsUsed } from './processes.js';
import { benchRequest } from './requests.js';
import { READY_SECONDS, USERS, USERS_BUSY, USERS_SECONDS } from './tunables.js';

const standIns = fileURLToPath(new URL('../test/supervisor/stand-ins', import.meta.url));

/** Between two looks at the runs: none of what is measured. */
const LOOK_MS = 500;

const mib = (value: number): string => `${value.toFixed(0)} MiB`;

interface Site {
  supervisor: number;
  users: UnixUser[];
  /** Starts a run of one unit that lasts until `end`. */
  occupy(user: UnixUser): Promise<RunHandle>;
  end(): Promise<void>;
}

const measure = async ({ say }: BenchContext, { supervisor, users, occupy, end }: Site): Promise<Row[]> => {
  const before = await secondsUsed(supervisor);
  await sleep(USERS_SECONDS * 1000);
  const looking = ((await secondsUsed(supervisor)) - before) / USERS_SECONDS;
  const resting = await familyOf(supervisor);
  const own = await memoryMib(supervisor, 'Pss');
  say(`at rest: ${resting.length} process(es), ${mib(own)}, ${(looking * 100).toFixed(1)} % of a core`);
  const began = Date.now();
  const runs = await Promise.all(users.slice(0, USERS_BUSY).map(occupy));
  const workers = async (): Promise<number[]> => {
    const family = await familyOf(supervisor);
    const names = await Promise.all(
      family.map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return family.filter((_, at) => names[at]?.includes('--supervised') === true);
  };
  const isRunning = async (run: RunHandle): Promise<boolean> =>
    (await run.progress()).progress?.tasks[0]?.status === 'running';
  const allRun = async (): Promise<boolean> => {
    await sleep(LOOK_MS);
    return (await Promise.all(runs.map(isRunning))).every(Boolean);
  };
  await until('all units to run', allRun, READY_SECONDS * 1000);
  const took = (Date.now() - began) / 1000;
  const busy = await workers();
  const all = sum(await Promise.all(busy.map((pid) => memoryMib(pid, 'Pss'))));
  say(`${USERS_BUSY} busy: ${busy.length} workers, ${mib(all)}; all at work after ${seconds(took)}`);
  await end();
  await Promise.all(runs.map((run) => run.result()));
  const each = all / busy.length;
  const row = (what: string, measured: string, peer: string, reached: boolean | null = null): Row => ({
    ...{ what: `${USERS} users, ${what}`, measured, peer, ratio: '', limit: '', reached },
  });
  return [
    row('none busy', `${resting.length} process, ${mib(own)}, ${(looking * 100).toFixed(1)} % of a core`, ''),
    row(
      `${USERS_BUSY} busy`,
      `${busy.length} workers, ${mib(own + all)} with the supervisor`,
      `a worker each: ${USERS} workers, ${mib(each * USERS)}`,
      busy.length === USERS_BUSY,
    ),
  ];
};

const withSite = async <T>(context: BenchContext, work: (site: Site) => Promise<T>): Promise<T> => {
  const { folder, program, address, client } = context;
  const made = await makeUsers(USERS);
  try {
    await chmod(join(folder, '..'), 0o755);
    const jobs = join(folder, 'jobs');
    await mkdir(jobs);
    await chmod(jobs, 0o1777);
    const config = join(folder, 'slurm.json');
    await writeFile(config, JSON.stringify(siteConfig({ check_partitions: false })));
    const file = join(folder, 'users.json');
    const environment = { PATH: `${standIns}:/usr/local/bin:/usr/bin:/bin`, STAND_IN_JOBS: jobs };
    const users = made.all.map(({ name }) => ({ name }));
    await writeFile(file, JSON.stringify({ version: 1, slurm_config: config, environment, users }));
    await Promise.all([config, file].map((path) => chmod(path, 0o644)));
    const supervisor = await program.start([
      ...['worker', 'slurm', '--users', file, '--address', address, '--monitor', '0'],
    ]);
    const go = join(folder, 'go');
    try {
      return await work({
        supervisor: supervisor.pid,
        users: made.all,
        occupy: async ({ name, uid, gid }) => {
          const dir = join(folder, name);
          await mkdir(dir, { mode: 0o700 });
          const task = join(dir, 'task.sh');
          await writeFile(task, `until [ -e ${go} ]; do sleep 1; done\n`);
          for (const path of [dir, task]) await chown(path, uid, gid);
          const tasks = [{ name: 'Wait', type: 'parallel' as const, command: `bash ${task}` }];
          const request = benchRequest({
            dir,
            tasks,
            images: 1,
            queue: `fractal-slurm.${name}`,
            backend: 'slurm',
          });
          return startProcessWorkflow(client, request as never, {
            workflowId: `users-${name}`,
            taskQueue: 'fractal',
          });
        },
        end: () => writeFile(go, ''),
      });
    } finally {
      await supervisor.stop();
    }
  } finally {
    await made.remove();
  }
};

export const users: Bench = {
  name: 'users',
  title: 'a supervisor of many users of whom few are busy',
  byNameOnly: true,
  run: async (context): Promise<Row[]> => {
    const reason = whyNoUsers();
    if (reason === null) return withSite(context, (site) => measure(context, site));
    context.say(`not measured: ${reason}`);
    return [];
  },
};
