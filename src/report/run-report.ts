/** Everything `status` knows of a run: from the server, from its workflow, from its directory. */
import type { Client } from '@temporalio/client';
import { directoryOfRun, getRun, isEnded, type LiveProgress, readEndedRun } from '../client/index.js';
import { fileTail } from '../state/file-tail.js';
import type { RunResult, UnitRecord } from '../wire/result.js';
import { noWorkerOf, pausedLine } from './no-worker.js';
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

const failedUnits = (units: readonly UnitFiles[], tails: number): Promise<FailedUnit[]> =>
  Promise.all(
    units
      .flatMap(({ record, label }) => (record?.status === 'failed' ? [{ record, label }] : []))
      .map(async ({ record, label }, index) => ({
        label,
        ...record,
        log_tail: index < tails ? await fileTail(record.log_file, LOG_TAIL_LINES) : null,
      })),
  );

/** What the directory alone tells; `tails` is how many failed units come with the end of their log. */
export const reportFromFiles = async (
  workflowId: string,
  runDir: string | null,
  tails: number,
): Promise<RunReport> => {
  const result = runDir === null ? null : ((await readEndedRun(runDir))?.result ?? null);
  const units = runDir === null ? [] : await unitFilesOf(runDir);
  const warned = units.filter(({ record }) => (record?.warnings ?? 0) > 0).length;
  const { images: _images, task_runs: _taskRuns, ...summary } = result ?? {};
  return {
    workflow_id: workflowId,
    run_id: result?.run_id ?? null,
    state: null,
    started: null,
    closed: null,
    workflow_dir: runDir,
    progress: null,
    pending: [],
    no_worker: [],
    note: null,
    failed_units: await failedUnits(units, tails),
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
  return {
    ...(await reportFromFiles(workflowId, runDir, tails)),
    run_id: description.runId,
    state: live.state.toLowerCase(),
    started: description.startTime.toISOString(),
    closed: description.closeTime?.toISOString() ?? null,
    progress: live.progress,
    pending: live.pending,
    no_worker: lines,
    note: pausedLine(workflowId, live.state),
  };
};
