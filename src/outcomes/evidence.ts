/**
 * What was seen of one try of a batch: evidence, never a decision (docs/guarantees.md, "Evidence and verdict"). It is
 * published by the first attempt that can and adopted by all others; verdict.ts decides from it.
 */
import type { EndOfBatch } from '../batch/contract.js';
import type { Component } from '../wire/component.js';
import type { JsonObject } from '../wire/request.js';
import type { UnitRecord } from '../wire/result.js';
import type { InitOutput, TaskOutput } from '../wire/task-output.js';

/** How a unit's process ended, as its node recorded it. */
export interface RecordedEnd {
  /** As a shell reports it: 129 to 192 means killed by signal status - 128; null: the node did not learn it. */
  status: number | null;
  seconds: number;
  /** Epoch seconds by the node's clock. */
  ended_at: number;
  job_id: string;
  /** As the node calls itself; absent from evidence of before 0.3. */
  host?: string;
}

/** What an earlier run has left of a unit that this one takes over instead of running it (docs/continuing.md). */
export interface TakenEvidence {
  /** `interrupted`: it has begun there, and nobody has allowed that it runs again. */
  state: 'done' | 'interrupted';
  record: UnitRecord;
  /** Images that a single or init part was given; null for other units. */
  given: string[] | null;
  /** Epoch seconds by its node's clock. */
  ended_at: number | null;
}

export interface UnitEvidence {
  index: number;
  /** Prefix of the unit's files in the task's folder. */
  stem: string;
  zarr_url: string | null;
  /** It was claimed: its process started, or was about to. */
  begun: boolean;
  end: RecordedEnd | null;
  /** Normalised output of a unit that ended with 0; null when it returned nothing. */
  output: TaskOutput | InitOutput | null;
  /** Why there is no output although it ended with 0, in words. */
  problem: string | null;
  /** The output was written, as the node says, and cannot be had: not the task's fault. */
  lost_output: boolean;
  /** Absent: a unit of this run. */
  taken?: TakenEvidence;
}

/** The first line of an evidence file. */
export interface BatchEvidence {
  key: string;
  try: number;
  batch: number;
  /** Name of the backend that ran it. */
  backend: string;
  component: Component;
  /** Every job of the batch that anything tells of: handle, owner, journals, the cancellation. */
  job_ids: string[];
  /** The job that `end` is about. */
  told_job: string | null;
  job_name: string;
  /** The executor's word on the end; null where nobody had to be asked, or nobody knew. */
  end: EndOfBatch | null;
  /** The scheduler's words when it refused the submission; null otherwise. */
  refusal: string | null;
  /** Somebody cancelled the batch. */
  cancelled: boolean;
  /** A copy of the script has closed its journal. */
  complete: boolean;
  /** Some copy of the script has left a journal. */
  journalled: boolean;
  not_executable: boolean;
  /** Exit code with which the last copy of the script gave up; null if it did not say so. */
  quit: number | null;
  script: string;
  stdout_file: string | null;
  stderr_file: string | null;
  /** What the batch asked for, and which nodes it avoided. */
  requested: JsonObject;
  avoided_nodes: string[];
  /** Why nothing is known of its units, in words that name the file; null where they follow. */
  unreadable: string | null;
  /** No try at all: it stands for what an earlier run has left, the units of which nothing is taken over run in the next one. */
  taken?: true;
}

export interface TryEvidence {
  header: BatchEvidence;
  /** In the order of their indices; empty where they could not be read. */
  units: UnitEvidence[];
}
