/** Failures as they travel: a constant type string and `details[0]` (docs/errors.md). */
import type { Component } from './component.js';

/** A file under the run's directory, with the SHA-256 (hex) of its bytes. */
export interface FileReference {
  path: string;
  sha256: string;
}

export interface ResultReference extends FileReference {
  images: number;
  units: number;
}

export const TASK_EXECUTION_ERROR = 'TaskExecutionError';
export const JOB_EXECUTION_ERROR = 'JobExecutionError';
export const INVALID_REQUEST_ERROR = 'InvalidRequestError';
export type ExecutionErrorType = typeof TASK_EXECUTION_ERROR | typeof JOB_EXECUTION_ERROR;

/** `details[0]` of a TaskExecutionError or JobExecutionError; null where unknown. */
export interface FailureDetails {
  workflow_task_id: number | null;
  workflow_task_order: number | null;
  task_name: string | null;
  unit_index: number | null;
  component: Component | null;
  exit_code: number | null;
  signal: number | null;
  log_tail: string | null;
  log_file: string | null;
  cmd_file: string | null;
  stdout_file: string | null;
  stderr_file: string | null;
  slurm_job_id: string | null;
  slurm_state: string | null;
  failed_units: number | null;
  total_units: number | null;
  info: string | null;
  result: ResultReference | null;
}

/** A failure as data: what becomes an ApplicationFailure, and `error` in the result. */
export interface ExecutionFailure {
  type: ExecutionErrorType;
  message: string;
  details: FailureDetails;
}

/** One thing wrong with a request. `path` is a JSON Pointer (RFC 6901); '' is the whole request. */
export interface InputError {
  path: string;
  expected: string;
  got: string;
}

/** `details[0]` of an InvalidRequestError. */
export interface InvalidRequestDetails {
  errors: InputError[];
}

export const emptyFailureDetails: FailureDetails = {
  workflow_task_id: null,
  workflow_task_order: null,
  task_name: null,
  unit_index: null,
  component: null,
  exit_code: null,
  signal: null,
  log_tail: null,
  log_file: null,
  cmd_file: null,
  stdout_file: null,
  stderr_file: null,
  slurm_job_id: null,
  slurm_state: null,
  failed_units: null,
  total_units: null,
  info: null,
  result: null,
};

/** A JobExecutionError as data. */
export const jobFailure = (
  message: string,
  details: Partial<ExecutionFailure['details']> = {},
): ExecutionFailure => ({
  type: JOB_EXECUTION_ERROR,
  message,
  details: { ...emptyFailureDetails, info: message, ...details },
});
