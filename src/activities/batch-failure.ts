/** The failure of a batch or a task: its first failed unit, with what a person needs to find the cause. */
import { join } from 'node:path';
import type { Outcome, OutcomeHeader, UnitOutcome } from '../outcomes/unit-outcome.js';
import { fileTail } from '../state/file-tail.js';
import {
  emptyFailureDetails,
  JOB_EXECUTION_ERROR,
  TASK_EXECUTION_ERROR,
  type ExecutionFailure,
} from '../wire/failure.js';
import type { PlanFile } from './plan-file.js';
import { LOG_TAIL_CHARACTERS, LOG_TAIL_LINES } from './tunables.js';

/** The task's own exit code was positive, or its output is not valid: the task's error. All else is its job's. */
const isTaskError = (unit: UnitOutcome): boolean =>
  unit.cause === 'exit' || (unit.cause === 'invalid_output' && !unit.lost_output);

/** The scheduler's words belong to a failure of the job, not to a task that failed by itself. */
const jobWords = (unit: UnitOutcome, header: OutcomeHeader): string =>
  isTaskError(unit) || header.message === null || unit.cause === 'signal' || unit.cause === 'not_executable'
    ? ''
    : ` (${header.message})`;

/** Builds the failure of `unit`, the first by index of `failed` failed units out of `total`. */
export const unitFailure = async (
  plan: PlanFile,
  header: OutcomeHeader,
  unit: UnitOutcome,
  failed: number,
  total: number,
): Promise<ExecutionFailure> => {
  const logFile = join(plan.task_dir, `${unit.stem}-log.txt`);
  const command = unit.cause === 'not_executable' ? ` (${plan.command[0] ?? ''})` : '';
  const what = `${unit.message ?? 'it failed'}${command}${jobWords(unit, header)}`;
  const which =
    unit.zarr_url === null
      ? unit.component
      : `${unit.component} unit ${String(unit.index)}, ${unit.zarr_url}`;
  // A compound's init is not one of its units.
  const counts = total === 0 ? '' : ` ${String(failed)} of ${String(total)} units failed.`;
  const message = `Task ${String(plan.order)} "${plan.task_name}" (${which}): ${what}.${counts} Log: ${logFile}`;
  const job = header.jobs.find((candidate) => candidate.job_id === unit.job_id) ?? header.jobs.at(-1) ?? null;
  return {
    type: isTaskError(unit) ? TASK_EXECUTION_ERROR : JOB_EXECUTION_ERROR,
    message,
    details: {
      ...emptyFailureDetails,
      workflow_task_id: plan.workflow_task_id,
      workflow_task_order: plan.order,
      task_name: plan.task_name,
      unit_index: unit.index,
      component: unit.component,
      exit_code: unit.exit_code,
      signal: unit.signal,
      log_tail: (await fileTail(logFile, LOG_TAIL_LINES))?.slice(-LOG_TAIL_CHARACTERS) ?? null,
      log_file: logFile,
      cmd_file: header.script,
      stdout_file: header.stdout_file,
      stderr_file: header.stderr_file,
      slurm_job_id: header.backend === 'slurm' ? (unit.job_id ?? job?.job_id ?? null) : null,
      slurm_state: job?.state ?? null,
      failed_units: failed,
      total_units: total,
      info: what,
    },
  };
};

/** The failure of one batch; null when none of its units failed. */
export const batchFailure = async (plan: PlanFile, outcome: Outcome): Promise<ExecutionFailure | null> => {
  const failed = outcome.units.filter((unit) => unit.status === 'failed');
  const first = failed[0];
  if (first === undefined) return null;
  return unitFailure(plan, outcome.header, first, failed.length, outcome.units.length);
};
