/** Everything `status` knows of a run: from the server, from its workflow, from its directory. */
import type { Client } from '@temporalio/client';
import {
  directoryOfRun,
  filesHere,
  getRun,
  isEnded,
  type LiveProgress,
  readEndedRun,
  RunFileError,
  type RunFiles,
} from '../client/index.js';
import type { RunResult, UnitRecord } from '../wire/result.js';
import { noWorkerOf, pausedLine } from './no-worker.js';
import { toldStatus } from './runs.js';
import { type UnitFiles, unitFilesOf } from './run-files.js';
import { LOG_TAIL_LINES } from './tunables.js';

export interface FailedUnit extends UnitRecord {
  /** How `logs` calls it. */
  label: string;
  log_tail: string | null;
}

export interface RunReport {
  workflow_id: string;
  run_id: string | null;
  /** Temporal's word, lower case; null when no server was asked. */
  state: string | null;
  /** `held`, `paused` and the like, as the run told its server last: known without a worker. */
  status: string | null;
  started: string | null;
  closed: string | null;
  workflow_dir: string | null;
  progress: LiveProgress['progress'];
  pending: LiveProgress['pending'];
  /** A line for each of the run's queues that no worker polls. */
  no_worker: string[];
  /** Why the run's server was not asked, or did not know, or that the run is paused; null otherwise. */
  note: string | null;
  failed_units: FailedUnit[];
  /** Units whose logs hold lines with "warning"; absent: none. */
  units_with_warnings?: number;
  /** The run's result but for images and units, which `result.json` has. */
  result: Omit<RunResult, 'images' | 'task_runs'> | null;
}

const failedUnits = (files: RunFiles, units: readonly UnitFiles[], tails: number): Promise<FailedUnit[]> =>
  Promise.all(
    units
      .flatMap(({ record, label }) => (record?.status === 'failed' ? [{ record, label }] : []))
      .map(async ({ record, label }, index) => ({
        label,
        ...record,
        log_tail: index < tails ? await files.tail(record.log_file, LOG_TAIL_LINES) : null,
      })),
  );

const resultOf = async (files: RunFiles): Promise<RunResult | null> => {
  if (files.here) return (await readEndedRun(files.dir))?.result ?? null;
  const bytes = await files.read('result.json');
  return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as RunResult);
};

/** What the run's files alone tell; `tails` is how many failed units come with the end of their log. */
export const reportFromFiles = async (
  workflowId: string,
  runDir: string | null,
  tails: number,
  files: RunFiles | null = runDir === null ? null : filesHere(runDir),
): Promise<RunReport> => {
  const [result, units] =
    files === null ? [null, []] : await Promise.all([resultOf(files), unitFilesOf(files)]);
  const warned = units.filter(({ record }) => (record?.warnings ?? 0) > 0).length;
  const { images: _images, task_runs: _taskRuns, ...summary } = result ?? {};
  return {
    workflow_id: workflowId,
    run_id: result?.run_id ?? null,
    state: null,
    status: null,
    started: null,
    closed: null,
    workflow_dir: runDir,
    progress: null,
    pending: [],
    no_worker: [],
    note: null,
    failed_units: files === null ? [] : await failedUnits(files, units, tails),
    ...(warned > 0 && { units_with_warnings: warned }),
    result: result === null ? null : (summary as RunReport['result']),
  };
};

/**
 * Asks the server as well.
 *
 * @throws WorkflowNotFoundError for an unknown id.
 */
export const reportRun = async (client: Client, workflowId: string, tails: number): Promise<RunReport> => {
  const run = getRun(client, workflowId);
  const description = await run.temporal.describe();
  const [live, runDir, lines] = await Promise.all([
    run.progress(),
    directoryOfRun(client, run.temporal),
    isEnded(description.status.name) ? [] : noWorkerOf(client, run.temporal, description.taskQueue),
  ]);
  // What cannot be had from its workers is told by the server as far as that knows.
  const told = await run
    .files()
    .then((files) => reportFromFiles(workflowId, runDir, tails, files))
    .catch((error: unknown) => {
      if (error instanceof RunFileError) return reportFromFiles(workflowId, runDir, tails);
      throw error;
    });
  return {
    ...told,
    run_id: description.runId,
    state: live.state.toLowerCase(),
    status: toldStatus(description),
    started: description.startTime.toISOString(),
    closed: description.closeTime?.toISOString() ?? null,
    progress: live.progress,
    pending: live.pending,
    no_worker: lines,
    note: pausedLine(workflowId, live.state),
  };
};
