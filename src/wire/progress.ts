/** What a running workflow shows of itself: the query `progress`, and the heartbeats of its batches. */
import type { HeldUnit } from './held.js';
import type { RunStatus } from './result.js';

export interface TaskProgress {
  position: number;
  order: number;
  name: string;
  /** The user's own name of the workflow-task; absent: none. */
  alias?: string;
  status: 'waiting' | 'planning' | 'running' | 'applying' | 'held' | 'done' | 'failed';
  /** Units of ended batches; live counts are in the heartbeats of the pending ones. */
  units_done: number;
  units_failed: number;
  units_total: number | null;
  batches_ended: number;
  batches_total: number | null;
}

/** Why a run is held: the failed units of one task. */
export interface HeldProgress {
  position: number;
  order: number;
  name: string;
  /** The user's own name of the workflow-task; absent: none. */
  alias?: string;
  /** Failed, and neither retried nor given up yet. */
  open: number;
  done: number;
  total: number;
  /** Skipped by the operator so far. */
  given_up: number;
  /** What the run ends with if it is stopped. */
  error: string | null;
  /** The first of the open units, some few; `units` of the command line has them all. */
  units: HeldUnit[];
}

/** Answer of the query `progress`. */
export interface Progress {
  status: 'running' | 'pausing' | 'paused' | 'held' | 'stopping' | 'cancelling' | RunStatus;
  workflow_name: string | null;
  workflow_dir: string | null;
  backend: string | null;
  tasks: TaskProgress[];
  /** null unless the status is `held`. Absent from workers of before 0.3. */
  held?: HeldProgress | null;
  /** What an operator should know: batches that could not be ended, and why. Bounded. */
  warnings: string[];
}

/** Heartbeat details of `runBatch`: what an operator sees in the Web UI, and what client and CLI sum up. */
export interface BatchHeartbeat {
  key: string;
  position: number;
  batch: number;
  state: 'submitting' | 'pending' | 'running' | 'ended' | 'unknown' | 'collecting' | 'cancelling';
  /** Why it waits, in the scheduler's or the executor's words. */
  reason: string | null;
  node: string | null;
  job_id: string | null;
  facts: { [key: string]: string | number | null };
  /** Units ended so far, of this try. */
  done: number;
  failed: number;
  total: number;
}
