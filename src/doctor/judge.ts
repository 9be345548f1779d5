/** From what was seen of a server to findings, each with what to do. Pure. */
import { ok, problem, warning, type Finding } from './finding.js';
import {
  CLOCK_TOLERANCE_S,
  FREE_PROBLEM_BYTES,
  FREE_WARNING_BYTES,
  FREE_WARNING_INODES,
  RETENTION_WARNING_DAYS,
} from './tunables.js';

/** How the program reaches its server. */
export interface ConnectionFacts {
  address: string;
  origin: 'given' | 'up' | 'private';
  tls: 'none' | 'tls' | 'mtls';
  hasApiKey: boolean;
  serverVersion: string;
}

export interface PollerFacts {
  /** As the worker calls itself: `PID@HOST fractal-temporal/VERSION`. */
  identity: string;
  /** Milliseconds since the epoch, by the server's clock. */
  lastSeen: number;
}

export interface QueueFacts {
  name: string;
  type: 'workflow' | 'activity';
  /** Those that were heard of lately. */
  pollers: PollerFacts[];
}

/** A backend's two queues, which one worker polls. */
export interface BackendQueues {
  backend: string;
  batches: QueueFacts;
  steps: QueueFacts;
  /** Supervisors that start a worker for these when something waits there. */
  onDemand: string[];
}

const ways = { none: 'not encrypted', tls: 'TLS', mtls: 'TLS with a certificate of the client' } as const;

const isLocal = (address: string): boolean => /^(127\.|localhost:|\[::1\]:)/.test(address);

export const judgeConnection = (facts: ConnectionFacts): Finding => {
  const { address, origin, tls, hasApiKey, serverVersion } = facts;
  const key = hasApiKey ? ', API key' : '';
  const from = origin === 'up' ? " (`up`'s)" : '';
  const what = `Temporal server ${address}${from}: version ${serverVersion}, ${ways[tls]}${key}`;
  return tls === 'none' && !isLocal(address)
    ? warning(what, 'requests and results cross the network readable by others; use TLS (docs/server.md)')
    : ok(what);
};

/** @param seconds of the retention; null where the server does not tell. */
export const judgeRetention = (namespace: string, seconds: number | null): Finding => {
  if (seconds === null)
    return warning(`retention of ${namespace}: the server does not tell`, 'ask its operator');
  const days = seconds / 86_400;
  const what = `retention of ${namespace}: ${days >= 1 ? `${Math.round(days * 10) / 10} days` : `${Math.round(days * 24)} h`}`;
  return days >= RETENTION_WARNING_DAYS
    ? ok(what)
    : warning(
        what,
        `ended runs are forgotten after that (their folders stay); temporal operator namespace update --retention 720h -n ${namespace}`,
      );
};

/** @param missing the names and types of those that are not registered; null when that may not be asked. */
export const judgeSearchAttributes = (missing: [string, string][] | null): Finding => {
  if (missing === null)
    return warning(
      'search attributes: the server does not let this user ask',
      'runs work without them; ask its operator for FractalWorkflow, FractalBackend, FractalDataset, FractalJobId',
    );
  if (missing.length === 0) return ok('search attributes: all registered');
  const flags = missing.map(([name, type]) => `--name ${name} --type ${type}`).join(' ');
  return warning(
    `search attributes: ${missing.map(([name]) => name).join(', ')} missing`,
    `runs work, but cannot be searched by them; temporal operator search-attribute create ${flags}`,
  );
};

const VERSION = / fractal-temporal\/(\S+)$/;

/** `4711@login1 (0.1.0)`, each worker once. */
const workersOf = (queue: QueueFacts): Map<string, string | null> =>
  new Map(
    queue.pollers.map(({ identity }) => [identity.replace(VERSION, ''), VERSION.exec(identity)?.[1] ?? null]),
  );

const judgePolled = (queue: QueueFacts, ours: string): Finding => {
  const workers = [...workersOf(queue)];
  const names = workers.map(([name, version]) => `${name} (${version ?? 'version unknown'})`).join(', ');
  const what = `${queue.type} queue ${queue.name}: ${names}`;
  const others = workers.filter(([, version]) => version !== null && version !== ours);
  return others.length === 0
    ? ok(what)
    : warning(
        what,
        `this program is ${ours}; workers of several versions share the runs (docs/versioning.md)`,
      );
};

export const judgeWorkflowQueue = (queue: QueueFacts, ours: string): Finding =>
  queue.pollers.length === 0
    ? problem(
        `workflow queue ${queue.name}: no worker`,
        'no run goes on; start `fractal-temporal worker workflow` (or `up`)',
      )
    : judgePolled(queue, ours);

/** Runs need one backend; which of them is the site's choice. */
export const judgeBackends = (backends: readonly BackendQueues[], ours: string): Finding[] => {
  const isServed = ({ batches, steps }: BackendQueues): boolean =>
    batches.pollers.length > 0 || steps.pollers.length > 0;
  const isLookedAfter = (each: BackendQueues): boolean => isServed(each) || each.onDemand.length > 0;
  if (!backends.some(isLookedAfter)) {
    const names = backends.map(({ batches }) => batches.name).join(', ');
    return [
      problem(
        `activity queues ${names}: no worker`,
        'no unit runs; start `fractal-temporal worker local` or `worker slurm` (or `up`), or name your queue with --task-queue',
      ),
    ];
  }
  return backends.flatMap((each) => {
    if (!isServed(each) && each.onDemand.length > 0)
      return [ok(`activity queue ${each.batches.name}: a worker on demand, by ${each.onDemand.join(', ')}`)];
    if (!isServed(each)) return [ok(`activity queue ${each.batches.name}: no worker, as nobody needs it`)];
    return [each.batches, each.steps].map((queue) =>
      queue.pollers.length > 0
        ? judgePolled(queue, ours)
        : problem(
            `activity queue ${queue.name}: no worker`,
            'its other queue has one: start that worker anew',
          ),
    );
  });
};

/** @param seconds by which the server's clock is ahead of ours, in between; null when it could not be told. */
export const judgeClock = (seconds: { atLeast: number; atMost: number } | null): Finding => {
  if (seconds === null)
    return warning("clock: the server's could not be told", 'compare them by hand: date -u on both hosts');
  const { atLeast, atMost } = seconds;
  const off = atLeast > 0 ? atLeast : atMost < 0 ? atMost : 0;
  const words = `${Math.abs(off).toFixed(1)} s`;
  if (Math.abs(off) <= CLOCK_TOLERANCE_S) return ok(`clock: that of the server and of this host agree`);
  return warning(
    `clock: the server's is at least ${words} ${off > 0 ? 'ahead of' : 'behind'} this host's`,
    'times in records and in the Web UI do not fit together; let chrony or systemd-timesyncd set both',
  );
};

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/** @param use what the folder is for. */
export const judgeDisk = (use: string, folder: string, bytes: number, inodes: number): Finding => {
  const what = `${use} ${folder}: ${gib(bytes)} and ${inodes} files left`;
  // File systems that make inodes as they go (btrfs, some network ones) say 0.
  const fewInodes = inodes > 0 && inodes < FREE_WARNING_INODES;
  if (bytes < FREE_PROBLEM_BYTES) return problem(what, 'free some, or take a folder on another disk');
  return bytes < FREE_WARNING_BYTES || fewInodes ? warning(what, 'it is full soon; free some') : ok(what);
};
