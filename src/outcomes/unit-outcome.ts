/** What became of the units of one try of a batch: the verdict, derived from evidence and never written down. */
import type { EndCause, Usage } from '../batch/contract.js';
import type { JsonObject } from '../wire/request.js';
import type { Component, UnitCause } from '../wire/result.js';
import type { TakenEvidence } from './evidence.js';
import type { InitOutput, TaskOutput } from '../wire/task-output.js';

export interface UnitOutcome {
  index: number;
  component: Component;
  zarr_url: string | null;
  /** Prefix of the unit's files in the task's folder. */
  stem: string;
  /** `again`: the next try runs it. */
  status: 'done' | 'failed' | 'again';
  /** This try has claimed it. */
  begun: boolean;
  /** It was running when this try ended. */
  interrupted: boolean;
  /** The try that interrupted it last, if none has begun it since: its log is in the way of its next run. */
  interrupted_in: number | null;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  job_id: string | null;
  seconds: number | null;
  /** Epoch seconds by the node's clock. */
  ended_at: number | null;
  /** Why it failed, in one line; null when it did not. */
  message: string | null;
  /** With `invalid_output`: it was written and cannot be had, which is not the task's fault. */
  lost_output: boolean;
  /** Normalised output of a unit that is done; null when it returned nothing. */
  output: TaskOutput | InitOutput | null;
  /** It was taken over from an earlier run. */
  taken?: TakenEvidence;
}

/** How the batch itself ended, and what its next try asks for. */
export interface OutcomeHeader {
  key: string;
  try: number;
  batch: number;
  backend: string;
  /** The scheduler's jobs that ran it. */
  jobs: JobRecord[];
  cause: EndCause | null;
  message: string | null;
  script: string;
  stdout_file: string | null;
  stderr_file: string | null;
  /** Why nothing is known of its units; null where they are known. */
  unreadable: string | null;
  /** Nodes that the next try avoids, the newest last. */
  bad_nodes: string[];
  /** How often limits interrupted units that may run again, in this try and those before it. */
  raised: { memory: number; time: number };
  /** Tries in a row, this one included, in which no unit ended. */
  barren: number;
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
