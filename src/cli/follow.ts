/** Waits for a run's end with progress on stderr, and hands its result over. */
import { isGrpcServiceError } from '@temporalio/client';
import {
  endOf,
  type EndedRun,
  type Queue,
  readResult,
  RunError,
  type RunFiles,
  type RunHandle,
} from '../client/index.js';
import { formatSummary } from '../report/summary.js';
import type { ResultReference } from '../wire/failure.js';
import { Detached } from './exit-codes.js';
import { type Io, jsonText, print, say } from './io.js';
import { createProgressView } from './progress-view.js';
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

/** A person gets the summary, whoever reads a pipe or a file the whole result. */
const deliver = async (
  io: Io,
  reference: ResultReference,
  { result: file, json }: Delivery,
  elsewhere?: () => Promise<RunFiles>,
): Promise<void> => {
  const result = await readResult(reference, elsewhere);
  const isForPeople = io.stdout.isTTY && json !== true;
  if (file !== undefined || !isForPeople) await writeResult(io, jsonText(result), file);
  if (isForPeople) print(io, formatSummary(result, file ?? reference.path, styleOf(io.stdout, io.env)));
};

/** A run that failed has a result too; that it cannot be read must not hide why the run failed. */
const deliverPartial = async (io: Io, error: unknown, delivery: Delivery, run: RunHandle): Promise<void> => {
  if (!(error instanceof RunError) || error.result === null) return;
  await deliver(io, error.result, delivery, run.files).catch((problem: unknown) =>
    say(io, problem instanceof Error ? problem.message : String(problem)),
  );
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

/**
 * Follows a run to its end.
 *
 * @throws Detached after Ctrl-C; the run's own error (TaskExecutionError, ...), its partial result written before.
 */
export const followRun = async (io: Io, options: FollowOptions): Promise<void> => {
  const { session, run, queues, delivery, signal } = options;
  const view = createProgressView(io);
  // What is said from then on stands below the picture, which must not be drawn over it.
  void aborted(signal).then(() => view.stop());
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const watching = watchRun({ client: session.client, run, queues, view, signal: either });
  const interrupted = aborted(signal).then(() => {
    throw new Detached();
  });
  let reference: ResultReference;
  try {
    reference = await Promise.race([waitForEnd(run, either), interrupted, keepServer(session, either)]);
    // The last counts, which came after the last look.
    await run.progress().then(
      (live) => view.update(live),
      () => undefined,
    );
  } catch (error) {
    ended.abort();
    await watching;
    view.stop();
    await deliverPartial(io, error, delivery, run);
    throw error;
  } finally {
    ended.abort();
    await watching;
    view.stop();
  }
  await deliver(io, reference, delivery, run.files);
};
