/** One worker for each cluster user, as that user, while it has anything to do (docs/users.md). */
import { userTaskQueue } from '../wire/names.js';
import type { Demand } from './demand.js';
import { atRest, ended, ending, isAlive, isDue, needsLook, ready, started, type Kept } from './keeping.js';
import { inLanes } from './lanes.js';
import type { SupervisorMetrics, UserStatus } from './status.js';
import { LOOKS_AT_ONCE, SIGN_EVERY_MS, STARTS_AT_ONCE } from './tunables.js';
import type { WorkerProcess, WorkerStart } from './worker-process.js';

/** A user whose worker may be started, or why it may not. */
export type Supervised =
  | { name: string; refused: null; start: Pick<WorkerStart, 'command' | 'settings'> }
  | { name: string; refused: string };

export interface SupervisorDependencies {
  demand(queue: string): Promise<Demand>;
  /** Shows that a queue is looked after. */
  sign(queue: string): Promise<void>;
  launch(start: WorkerStart): WorkerProcess;
  metrics: SupervisorMetrics;
  /** One line about a user's worker: `warn` where somebody should look. */
  note(level: 'info' | 'warn', user: string, message: string): void;
  /** A line that a user's worker has logged. */
  onLine(user: string, line: string): void;
}

export interface Supervisor {
  /** From now on these users; a worker of one that is no more, or is to be started otherwise, is ended. */
  supervise(users: readonly Supervised[]): void;
  /** Looks once at every queue without a worker, and starts those that are due. */
  round(): Promise<void>;
  status(): UserStatus[];
  /** Ends all workers, and waits. */
  stop(): Promise<void>;
}

interface Record {
  user: Supervised;
  queue: string;
  kept: Kept;
  demand: Demand | null;
  worker: WorkerProcess | null;
  signedMs: number;
  lastEnd: string | null;
  /** Not in the file any more. */
  isGone: boolean;
}

const time = (ms: number): string => new Date(ms).toISOString();

export const createSupervisor = (dependencies: SupervisorDependencies): Supervisor => {
  const { metrics, note } = dependencies;
  const records = new Map<string, Record>();
  let isStopping = false;

  const statusOf = ({ user, queue, kept, demand, worker, lastEnd }: Record): UserStatus => ({
    ...{ user: user.name, queue, state: user.refused === null ? kept.state : 'refused' },
    ...{ since: time(kept.sinceMs), pid: worker?.pid ?? null, starts: kept.starts, failures: kept.failures },
    next_start: kept.state === 'waiting' ? time(kept.dueMs) : null,
    ...{ backlog: demand?.backlog ?? 0, others: demand?.polledBy ?? [], last_end: user.refused ?? lastEnd },
  });
  const status = (): UserStatus[] => [...records.values()].map(statusOf);
  const show = (): void => metrics.show(status());

  const endWorker = (record: Record): void => {
    if (record.worker === null || record.kept.state === 'ending') return;
    record.kept = ending(record.kept, Date.now());
    record.worker.end();
  };

  const onEnd = (record: Record, inOrder: boolean, words: string): void => {
    const { name } = record.user;
    const wasEnding = record.kept.state === 'ending';
    record.kept = ended(record.kept, inOrder, Date.now());
    record.worker = null;
    record.lastEnd = words;
    if (inOrder || wasEnding) note('info', name, `its worker has ended: ${words}`);
    else {
      metrics.failure();
      note('warn', name, `its worker failed, the next is started at ${time(record.kept.dueMs)}: ${words}`);
    }
    if (record.isGone) records.delete(name);
    show();
  };

  const start = (record: Record): void => {
    const { user } = record;
    if (user.refused !== null) return;
    record.kept = started(record.kept, Date.now());
    const worker = dependencies.launch({
      ...user.start,
      onEvent: (event) => {
        if (event === 'ready') record.kept = ready(record.kept, Date.now());
        note('info', user.name, event === 'ready' ? 'its worker is ready' : 'its worker has nothing to do');
        show();
      },
      onLine: (line) => dependencies.onLine(user.name, line),
    });
    record.worker = worker;
    metrics.start();
    note('info', user.name, `its worker is started (process ${worker.pid ?? 'unknown'})`);
    show();
    void worker.ended.then(({ inOrder, words }) => onEnd(record, inOrder, words));
  };

  const starting = (): number => [...records.values()].filter(({ kept }) => kept.state === 'starting').length;

  /** It says where to look, nothing waits for it: one that fails is left again at the next look. */
  const sign = (record: Record): void => {
    if (Date.now() - record.signedMs < SIGN_EVERY_MS) return;
    record.signedMs = Date.now();
    dependencies.sign(record.queue).catch(() => {
      record.signedMs = -Infinity;
    });
  };

  const look = async (record: Record): Promise<void> => {
    const { user, queue } = record;
    if (user.refused !== null || record.isGone || isStopping) return;
    sign(record);
    if (!needsLook(record.kept, Date.now())) return;
    record.demand = await dependencies.demand(queue);
    if (isStopping || !isDue(record.kept, record.demand, Date.now())) return;
    if (starting() < STARTS_AT_ONCE) start(record);
  };

  return {
    status,
    supervise: (users) => {
      const wanted = new Map(users.map((user) => [user.name, user]));
      for (const record of records.values()) {
        if (wanted.has(record.user.name)) continue;
        record.isGone = true;
        endWorker(record);
        if (!isAlive(record.kept)) records.delete(record.user.name);
      }
      for (const [name, user] of wanted) {
        const record = records.get(name);
        if (user.refused !== null && user.refused !== record?.user.refused) note('warn', name, user.refused);
        if (record === undefined) {
          const queue = userTaskQueue('slurm', name);
          const fresh = { demand: null, worker: null, signedMs: -Infinity, lastEnd: null, isGone: false };
          records.set(name, { user, queue, kept: atRest(Date.now()), ...fresh });
        } else {
          const isSame = JSON.stringify(record.user) === JSON.stringify(user);
          Object.assign(record, { user, isGone: false });
          if (!isSame) endWorker(record);
        }
      }
      show();
    },
    round: async () => {
      await inLanes([...records.values()], LOOKS_AT_ONCE, look);
    },
    stop: async () => {
      isStopping = true;
      const workers = [...records.values()].flatMap(({ worker }) => worker ?? []);
      for (const record of records.values()) endWorker(record);
      await Promise.all(workers.map(({ ended: over }) => over));
    },
  };
};
