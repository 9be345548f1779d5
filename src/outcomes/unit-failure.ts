/** The failure of a task in words and details: its first failed unit (docs/errors.md). Pure; the log's end is added later. */
import {
  emptyFailureDetails,
  JOB_EXECUTION_ERROR,
  TASK_EXECUTION_ERROR,
  type ExecutionFailure,
} from '../wire/failure.js';
import { taskTitle } from '../wire/task-title.js';
import { HEADLINE_CHARACTERS } from './tunables.js';
import type { OutcomeHeader, UnitOutcome } from './unit-outcome.js';

/** The task's own exit code was positive, or its output is not valid: the task's error. All else is its job's. */
const isTaskError = (unit: UnitOutcome): boolean =>
  unit.cause === 'exit' || (unit.cause === 'invalid_output' && !unit.lost_output);

/**
 * The scheduler's words belong to a failure of the job, not to a task that failed by itself; but where that was to run
 * again, they say why it did not.
 */
const jobWords = (unit: UnitOutcome, header: OutcomeHeader): string => {
  const isOwn = isTaskError(unit) || unit.cause === 'signal';
  const isNoAffair = unit.cause === 'not_executable' || (isOwn && unit.begun);
  return isNoAffair || header.message === null ? '' : ` (${header.message})`;
};

/** What of a task's plan its failure tells. */
export interface FailedPlan {
  order: number;
  task_name: string;
  alias?: string;
  workflow_task_id: number | null;
  /** Folder of the task's files. */
  task_dir: string;
  command: string[];
}

export const unitLog = (plan: Pick<FailedPlan, 'task_dir'>, { stem }: Pick<UnitOutcome, 'stem'>): string =>
  `${plan.task_dir}/${stem}-log.txt`;

/** What is several sentences ends with a full stop of its own. */
const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`);

/** Builds the failure of `unit`, the first by index of `failed` failed units out of `total`. */
export const unitFailure = (
  plan: FailedPlan,
  header: OutcomeHeader,
  unit: UnitOutcome,
  failed: number,
  total: number,
): ExecutionFailure => {
  const logFile = unit.taken?.record.log_file ?? unitLog(plan, unit);
  const command = unit.cause === 'not_executable' ? ` (${plan.command[0] ?? ''})` : '';
  const what = `${unit.message ?? 'it failed'}${command}${jobWords(unit, header)}`;
  const which =
    unit.zarr_url === null ? unit.component : `${unit.component} unit ${unit.index}, ${unit.zarr_url}`;
  // A compound's init is not one of its units.
  const counts = total === 0 ? '' : ` ${failed} of ${total} units failed.`;
  const title = taskTitle({ name: plan.task_name, alias: plan.alias });
  const message = `Task ${plan.order} "${title}" (${which}): ${sentence(what)}${counts} Log: ${logFile}`;
  // The job of an earlier try is not among them.
  const job =
    unit.job_id === null ? header.jobs.at(-1) : header.jobs.find(({ job_id }) => job_id === unit.job_id);
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
      log_tail: null,
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

/**
 * A failure with the end of its unit's log: the whole in its details, the last line in its message, which is all that
 * the Web UI shows at first.
 *
 * @param tail readable lines (no control characters, carriage returns folded); null: there is no log.
 */
export const withTail = (failure: ExecutionFailure, tail: string | null): ExecutionFailure => {
  const { details, message } = failure;
  const line = tail?.trim().split('\n').at(-1)?.trim() ?? '';
  const short = line.length <= HEADLINE_CHARACTERS ? line : `${line.slice(0, HEADLINE_CHARACTERS)}...`;
  const what = `: ${sentence(details.info ?? '')}`;
  const found = message.indexOf(what);
  const at = found < 0 ? message.length : found + what.length;
  const said = line === '' ? '' : ` Its log ends: "${short}".`;
  return {
    ...failure,
    message: `${message.slice(0, at)}${said}${message.slice(at)}`,
    details: { ...details, log_tail: tail },
  };
};
