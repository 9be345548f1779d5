/** A site with users, a supervisor as root, and a scheduler that runs jobs at once; the real program, real processes. */
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProcessWorkflow, type RunHandle } from '../../src/client/index.js';
import type { UserStatus } from '../../src/supervisor/status.js';
import { siteConfig } from '../slurm/slurm-worker.js';
import { createSandbox, type RunningProgram, type Sandbox } from '../support/cli.js';
import { startHarness, type Harness } from '../support/harness.js';
import { until } from '../support/until.js';
import { makeUsers, type UnixUser, type UnixUsers } from './unix-users.js';

const standIns = fileURLToPath(new URL('stand-ins', import.meta.url));

export interface Site {
  users: UnixUser[];
  /** All of them are in it, besides their own. */
  group: string;
  sandbox: Sandbox;
  harness: Harness;
  usersFile: string;
  /** Starts another supervisor; `args` besides the usual ones. */
  supervise(args?: string[]): Promise<{ program: RunningProgram; url: string }>;
  /** A new folder that belongs to a user, and that nobody else may enter. */
  folder(user: UnixUser): Promise<string>;
  start(user: UnixUser, request: Record<string, unknown>): Promise<RunHandle>;
  dispose(): Promise<void>;
}

export interface SiteOptions {
  temporal: { address: string; binary: string };
  count: number;
  /** Of the file of users. */
  file?: Record<string, unknown>;
  /** Instead of the stand-ins. */
  environment?: Record<string, string>;
}

/** The page of all users. */
export const statusOf = async (url: string, name: string): Promise<UserStatus> => {
  const { users } = (await (await fetch(`${url}/users`)).json()) as { users: UserStatus[] };
  const found = users.find(({ user }) => user === name);
  if (found === undefined) throw new Error(`${name} is not on the page`);
  return found;
};

export const untilState = (url: string, name: string, state: UserStatus['state']): Promise<void> =>
  until(`the worker of ${name} to be ${state}`, async () => (await statusOf(url, name)).state === state);

/** Of the supervisor itself; none of it may reach a user's worker. */
const BAD_VARIABLES = { NODE_OPTIONS: '--no-warnings', BASH_ENV: '/nonexistent', SECRET: 'x' };

export const startSite = async (options: SiteOptions): Promise<Site> => {
  const { address, binary } = options.temporal;
  const made: UnixUsers = await makeUsers(options.count);
  const sandbox = await createSandbox(binary);
  await chmod(sandbox.dir, 0o755);
  const harness = await startHarness({ address, activities: false });
  const jobs = join(sandbox.dir, 'jobs');
  await mkdir(jobs);
  await chmod(jobs, 0o1777);
  const config = join(sandbox.dir, 'slurm.json');
  await writeFile(
    config,
    JSON.stringify(siteConfig({ check_partitions: false, poll_interval_seconds: 0.2 })),
  );
  await chmod(config, 0o644);
  const usersFile = join(sandbox.dir, 'users.json');
  const environment = options.environment ?? {
    PATH: `${standIns}:/usr/local/bin:/usr/bin:/bin`,
    STAND_IN_JOBS: jobs,
  };
  const file = {
    ...{ version: 1, slurm_config: config, look_seconds: 0.2, environment, ...options.file },
    users: made.all.map(({ name }) => ({ name })),
  };
  await writeFile(usersFile, JSON.stringify(file), { mode: 0o644 });
  return {
    ...{ users: made.all, group: made.group },
    ...{ sandbox, harness, usersFile },
    supervise: async (args = []) => {
      const words = [
        'worker',
        'slurm',
        '--users',
        usersFile,
        '--address',
        address,
        '--monitor',
        '0',
        '--verbose',
      ];
      const program = sandbox.start([...words, ...args], { env: BAD_VARIABLES });
      await program.says('Ready');
      const url = /Monitoring: (\S+)/.exec(program.stderr())?.[1] ?? '';
      return { program, url };
    },
    folder: async ({ uid, gid }) => {
      const dir = join(sandbox.dir, randomUUID());
      await mkdir(dir, { mode: 0o700 });
      await chown(dir, uid, gid);
      return dir;
    },
    start: ({ name }, request) =>
      startProcessWorkflow(
        harness.client,
        { ...request, backend: 'slurm', activity_task_queue: `fractal-slurm.${name}` } as never,
        { workflowId: `users-${randomUUID()}`, taskQueue: harness.workflowQueue },
      ),
    dispose: async () => {
      await sandbox.dispose();
      await harness.stop();
      await made.remove();
    },
  };
};
