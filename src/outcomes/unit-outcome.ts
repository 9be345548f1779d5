/** What became of the units of one try of a batch: the verdict, derived from evidence and never written down. */
import type { EndCause } from '../batch/end-causes.js';
import type { Usage } from '../batch/contract.js';
import type { Ask } from './ask.js';
import type { Spent } from './repeat.js';
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
  /** The try that ran it in vain last, if none has begun it since: its log is in the way of its next run. */
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
  /** What the next try asks for, where it runs it. */
  wants: Ask;
  /** What paid for its repeats, the next one included. */
  spent: Spent;
  /** Tries in a row, this one included, that did not begin it and in which no unit of its part ended. */
  barren: number;
  /** Of such tries those that ended because the scheduler took the node away; they are not counted as barren. */
  preemptions: number;
  /** Every try that was to run it, this one included. */
  tries: readonly TriedUnit[];
}

/** One try as a unit's record tells it. */
export interface TriedUnit {
  /** Number of the try of its batch. */
  n: number;
  begun: boolean;
  cause: UnitCause | null;
  exit_code: number | null;
  signal: number | null;
  requested: JsonObject;
  seconds: number | null;
  /** Of its job. */
  usage: Usage | null;
  /** The scheduler's word on its job. */
  state: string | null;
  node: string | null;
  job_id: string | null;
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
