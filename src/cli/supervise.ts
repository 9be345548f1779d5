/** `worker slurm --users FILE`: starts a worker for each cluster user, as that user, on demand. */
import { stat } from 'node:fs/promises';
import { Runtime } from '@temporalio/worker';
import type { Connection } from '@temporalio/client';
import { connectClient } from '../client/index.js';
import { SERVER_ANSWER_MS } from '../monitor/tunables.js';
import { countOf } from '../report/count.js';
import type { ServerTarget } from '../server/address.js';
import { accountProblems, lookUpAccounts } from '../supervisor/accounts.js';
import { whyNotBecome, workerCommand, type ProgramPlace } from '../supervisor/become.js';
import { demandOf, leaveSign } from '../supervisor/demand.js';
import { inLanes } from '../supervisor/lanes.js';
import { createSupervisorMetrics, type UserStatus } from '../supervisor/status.js';
import { createSupervisor, type Supervised, type Supervisor } from '../supervisor/supervisor.js';
import { EXAMINE_EVERY_MS, LOOKS_AT_ONCE } from '../supervisor/tunables.js';
import { readUsersFile, type UsersFile, UsersFileError } from '../supervisor/users-file.js';
import { workerVariables } from '../supervisor/variables.js';
import { startWorkerProcess } from '../supervisor/worker-process.js';
import { userTaskQueue } from '../wire/names.js';
import { UsageError } from './exit-codes.js';
import { type Io, say, type ServerOptions, tell } from './io.js';
import { asService, type Service, type ServiceOptions } from './service.js';
import { pause, unlessAborted } from './signals.js';
import { requireTarget } from './target.js';

interface SuperviseOptions extends ServerOptions, ServiceOptions {
  users: string;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const programPlace = ({ program }: UsersFile): ProgramPlace => ({
  own: [process.execPath, process.argv[1] ?? ''],
  named: program,
});

/** Each user of the file: the worker that may be started, or why none may. */
const examineUsers = async (
  io: Io,
  file: UsersFile,
  target: ServerTarget,
  options: SuperviseOptions,
): Promise<Supervised[]> => {
  const names = file.users.map(({ name }) => name);
  const accounts = await lookUpAccounts(names);
  const problems = accountProblems(names, accounts);
  const program = programPlace(file);
  const own = process.getuid?.() ?? 0;
  return inLanes(file.users, LOOKS_AT_ONCE, async (user): Promise<Supervised> => {
    const { name } = user;
    const account = accounts.get(name);
    const problem = problems.get(name) ?? null;
    if (account === undefined || problem !== null) return { name, refused: problem ?? 'unknown user' };
    const refused = await whyNotBecome(own, account, program);
    if (refused !== null) return { name, refused };
    const settings = {
      ...{ version: 1 as const, user: name, uid: account.uid, queue: userTaskQueue('slurm', name) },
      ...{ slurm_config: user.slurmConfig, share: user.share, umask: user.umask },
      idle_seconds: user.idleSeconds,
      ...{ address: target.connection.address, namespace: target.namespace },
      ...{ profile: options.profile ?? null, keys: options.keys ?? null },
      environment: workerVariables(io.env, account, user.environment),
    };
    return { name, refused: null, start: { command: workerCommand(own, account, program), settings } };
  });
};

/**
 * A wrong file is a mistake in the command line, and so is one that no worker can be started for; one user who has left
 * the site must not keep all others from their workers.
 */
const examineAtStart = async (
  io: Io,
  target: ServerTarget,
  options: SuperviseOptions,
): Promise<{ file: UsersFile; users: Supervised[] }> => {
  try {
    const file = await readUsersFile(options.users);
    const users = await examineUsers(io, file, target, options);
    const refused = users.flatMap(({ name, refused: why }) => (why === null ? [] : [`  ${name}: ${why}`]));
    if (refused.length === users.length)
      throw new UsageError(['No worker can be started for any user:', ...refused].join('\n'));
    return { file, users };
  } catch (error) {
    if (error instanceof UsersFileError || (error instanceof Error && 'code' in error))
      throw new UsageError(`${options.users}: ${error.message}`);
    throw error;
  }
};

const stampOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ mtimeMs, size, ino, mode }) => [mtimeMs, size, ino, mode].join(' '),
    () => 'missing',
  );

/** Reads the file again when it has changed, or is due; one that is wrong changes nothing, and is said. */
const rereading = (
  io: Io,
  service: Service,
  target: ServerTarget,
  options: SuperviseOptions,
  first: string,
) => {
  let stamp = first;
  let examinedMs = Date.now();
  return async (supervisor: Supervisor): Promise<UsersFile | null> => {
    const now = await stampOf(options.users);
    if (now === stamp && Date.now() - examinedMs < EXAMINE_EVERY_MS) return null;
    stamp = now;
    examinedMs = Date.now();
    try {
      const file = await readUsersFile(options.users);
      supervisor.supervise(await examineUsers(io, file, target, options));
      return file;
    } catch (error) {
      service.logger.warn(
        { why: wordsOf(error) },
        `${options.users} has changed and cannot be taken: it stays as it was`,
      );
      return null;
    }
  };
};

/** Under the user's name: what a worker logs is JSON, a line each, among some lines for people. */
const passOn = (io: Io, user: string, line: string): void => {
  say(io, line.startsWith('{"') ? `{"user":${JSON.stringify(user)},${line.slice(1)}` : `${user}: ${line}`);
};

const askServer = (connection: Connection, namespace: string): Promise<string | null> =>
  connection
    .withDeadline(Date.now() + SERVER_ANSWER_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    )
    .then(() => null, wordsOf);

/** Those who are refused have been told of, each with why. */
const countOfUsers = (users: readonly UserStatus[]): string => {
  const refused = users.filter(({ state }) => state === 'refused').length;
  return `${countOf(users.length, 'user')}${refused === 0 ? '' : `, ${refused} of them refused`}`;
};

const supervise = async (
  io: Io,
  service: Service,
  target: ServerTarget,
  options: SuperviseOptions,
): Promise<void> => {
  const { signal, monitor, manager, logger } = service;
  const stamp = await stampOf(options.users);
  const { file, users } = await examineAtStart(io, target, options);
  const { connection } = await connectClient(target);
  const { namespace } = target;
  const supervisor = createSupervisor({
    demand: (queue) => demandOf(connection, namespace, queue),
    sign: (queue) => leaveSign(connection, namespace, queue),
    launch: startWorkerProcess,
    metrics: createSupervisorMetrics(Runtime.instance().metricMeter),
    note: (level, user, message) => logger[level]({ user }, message),
    onLine: (user, line) => passOn(io, user, line),
  });
  try {
    supervisor.supervise(users);
    const { address } = target.connection;
    monitor?.page('/users', () => ({ users: supervisor.status() }));
    monitor?.watch({ address, namespace, queues: () => [], ask: () => askServer(connection, namespace) });
    const howMany = countOfUsers(supervisor.status());
    tell(io, `Ready: ${howMany}: workers are started on demand at ${address}. Ctrl-C ends them.`);
    await manager.ready(`${howMany} at ${address}`);
    const reread = rereading(io, service, target, options, stamp);
    let { lookSeconds } = file;
    let isAway = false;
    while (!signal.aborted) {
      lookSeconds = (await reread(supervisor))?.lookSeconds ?? lookSeconds;
      try {
        await supervisor.round();
        isAway = false;
      } catch (error) {
        if (!isAway) logger.warn({ why: wordsOf(error) }, 'the queues cannot be looked at; workers go on');
        isAway = true;
      }
      await pause(lookSeconds * 1_000, signal);
    }
  } finally {
    monitor?.end();
    await Promise.all([manager.ending(), supervisor.stop()]);
  }
};

export const superviseCommand = (io: Io, options: SuperviseOptions): Promise<void> =>
  asService(io, options, async (service) => {
    const target = await unlessAborted(requireTarget(io, options), service.signal);
    if (target !== null) await supervise(io, service, target, options);
  });
