/** Waits for a run's end with progress on stderr, and hands its result over. */
import { isGrpcServiceError } from '@temporalio/client';
import {
  endOf,
  type EndedRun,
  type LiveProgress,
  type Queue,
  readResult,
  RunError,
  type RunFiles,
  type RunHandle,
} from '../client/index.js';
import { endedTasks } from '../report/ended-tasks.js';
import { formatSummary } from '../report/summary.js';
import type { ResultReference } from '../wire/failure.js';
import type { RunResult } from '../wire/result.js';
import { Detached } from './exit-codes.js';
import { type Io, jsonText, print, say } from './io.js';
import { createProgressView, type ProgressView } from './progress-view.js';
import type { Session } from './session.js';
import { aborted, pause } from './signals.js';
import { styleOf } from './style.js';
import { PROGRESS_POLL_MS } from './tunables.js';
import { watchRun } from './watch.js';
import { writeResult } from './write-result.js';

/** gRPC's codes of what passes: cancelled by the other side, unknown, deadline, exhausted, aborted, internal, unavailable. */
const PASSING = [1, 2, 4, 8, 10, 13, 14];

const isOutage = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && PASSING.includes(cause.code);
};

/** The run's end; a server that is away for a while is waited for. */
const waitForEnd = async (run: RunHandle, signal: AbortSignal): Promise<ResultReference> => {
  for (;;) {
    try {
      return await run.reference();
    } catch (error) {
      if (!isOutage(error) || signal.aborted) throw error;
      await pause(PROGRESS_POLL_MS, signal);
    }
  }
};

export interface Delivery {
  /** Where the result goes in one step; not given: stdout. */
  result?: string;
  /** As JSON on a terminal, too. */
  json?: boolean;
}

interface Handover {
  /** Reads what is not to be seen here. */
  elsewhere?: () => Promise<RunFiles>;
  /** Called with the result before it is handed over. */
  before?: (result: RunResult) => void;
}

/** A person gets the summary, whoever reads a pipe or a file the whole result. */
const deliver = async (
  io: Io,
  reference: ResultReference,
  { result: file, json }: Delivery,
  { elsewhere, before }: Handover = {},
): Promise<void> => {
  const result = await readResult(reference, elsewhere);
  before?.(result);
  const isForPeople = io.stdout.isTTY && json !== true;
  if (file !== undefined || !isForPeople) await writeResult(io, jsonText(result), file);
  if (isForPeople) print(io, formatSummary(result, file ?? reference.path, styleOf(io.stdout, io.env)));
};

/** The end of a run that only its directory tells; throws the run's own error, as `followRun` does. */
export const deliverEnd = async (io: Io, ended: EndedRun, delivery: Delivery): Promise<void> => {
  await deliver(io, ended.reference, delivery);
  endOf(ended);
};

export interface FollowOptions {
  session: Session;
  run: RunHandle;
  queues: Queue[];
  delivery: Delivery;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

const keepServer = async (session: Session, signal: AbortSignal): Promise<never> => {
  for (;;) {
    await pause(PROGRESS_POLL_MS, signal);
    if (signal.aborted) return new Promise<never>(() => undefined);
    await session.revive();
  }
};

/** The view, and what it has shown last. */
const remembering = (view: ProgressView) => {
  let last: LiveProgress = { state: '', progress: null, pending: [] };
  const update = (live: LiveProgress): void => {
    last = live;
    view.update(live);
  };
  /** The last counts came after the last look. */
  const end = (result: RunResult): void => {
    const tasks = endedTasks(last.progress?.tasks ?? [], result);
    const unseen = { workflow_name: null, workflow_dir: null, backend: null, warnings: [] };
    view.update({
      ...last,
      pending: [],
      progress: { ...unseen, ...last.progress, status: result.status, tasks },
    });
    view.stop();
  };
  return { ...view, update, end };
};

/**
 * Follows a run to its end.
 *
 * @throws Detached after Ctrl-C; the run's own error (TaskExecutionError, ...), its partial result written before.
 */
export const followRun = async (io: Io, options: FollowOptions): Promise<void> => {
  const { session, run, queues, delivery, signal } = options;
  const view = remembering(createProgressView(io));
  // What is said from then on stands below the picture, which must not be drawn over it.
  void aborted(signal).then(() => view.stop());
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const watching = watchRun({ client: session.client, run, queues, view, signal: either });
  const interrupted = aborted(signal).then(() => {
    throw new Detached();
  });
  const handover = { elsewhere: run.files, before: view.end };
  let reference: ResultReference;
  try {
    reference = await Promise.race([waitForEnd(run, either), interrupted, keepServer(session, either)]);
  } catch (error) {
    ended.abort();
    await watching;
    if (!(error instanceof RunError) || error.result === null) view.stop();
    else
      // A run that failed has a result too; that it cannot be read must not hide why the run failed.
      await deliver(io, error.result, delivery, handover).catch((problem: unknown) => {
        view.stop();
        say(io, problem instanceof Error ? problem.message : String(problem));
      });
    throw error;
  }
  ended.abort();
  await watching;
  try {
    await deliver(io, reference, delivery, handover);
  } finally {
    view.stop();
  }
};
