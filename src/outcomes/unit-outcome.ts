/** What became of one unit in one try of its batch: a line of the outcome file (docs/files.md). */
import type { EndCause, Usage } from '../executors/contract.js';
import type { JsonObject } from '../wire/request.js';
import type { Component, UnitCause } from '../wire/result.js';
import type { InitOutput, TaskOutput } from '../wire/task-output.js';

export interface UnitOutcome {
  index: number;
  component: Component;
  zarr_url: string | null;
  /** Prefix of the unit's files in the task's folder. */
  stem: string;
  /** `again`: the next try runs it. */
  status: 'done' | 'failed' | 'again';
  /** With `again`: it had begun, and the request permits to run it again. */
  interrupted: boolean;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  job_id: string | null;
  seconds: number | null;
  /** Epoch seconds by the node's clock. */
  ended_at: number | null;
  /** Why it failed, in one line; null when it did not. */
  message: string | null;
  /** Normalised output of a unit that is done; null when it returned nothing. */
  output: TaskOutput | InitOutput | null;
}

/** How the batch itself ended: the first line of the outcome file. */
export interface OutcomeHeader {
  key: string;
  try: number;
  batch: number;
  /** The scheduler's jobs that ran it. */
  jobs: JobRecord[];
  cause: EndCause | null;
  message: string | null;
  script: string;
  stdout_file: string | null;
  stderr_file: string | null;
  bad_nodes: string[];
  /** Limits that interrupted units of this batch, in this try and those right before it. */
  raised: { memory: number; time: number };
}

export interface JobRecord {
  job_id: string;
  job_name: string;
  state: string | null;
  node: string | null;
  usage: Usage | null;
  requested: JsonObject;
}

export interface Outcome {
  header: OutcomeHeader;
  units: UnitOutcome[];
}
