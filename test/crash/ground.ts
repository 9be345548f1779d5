/** Where a run takes place: its backend, and what of it outlives every worker. */
import type { Backend } from '../../src/batch/contract.js';

/** How the worker that has a backend is configured. */
export interface WorkerOptions {
  unitsPerBatch: number;
  /** False: of a job that has ended this worker only sees that it is gone. */
  accounting?: boolean;
  lateFilesMs?: number;
  /** Local: it was started with a folder of its own for the host's files. */
  stateFolder?: string;
}

/** Jobs and units, whoever asks. */
export interface Nodes {
  snapshot(): unknown;
  restore(snapshot: unknown): void;
  /** Every job runs to its end. */
  finishAll(): void | Promise<void>;
  /** Real processes: waits until none is left, as long as that makes sense. */
  settle?(): Promise<void>;
  /** Real processes: they end as they do when their host loses power. */
  killAll?(): Promise<void>;
  /** Units, once for each time they began. */
  readonly begun: string[];
  readonly jobs: { key: string }[];
  readonly live: { key: string }[];
  /** Steps played so far, and who wants to know of each. */
  readonly steps: number;
  set watcher(watcher: (() => void) | null);
}

export interface Ground {
  /** Of the run. */
  uuid: string;
  nodes: Nodes;
  /** The backend of a new worker. */
  backend(worker: WorkerOptions): Backend;
  /** False where processes are real: pauses are short all the same, and the clock goes on as if they had not been. */
  virtualTime: boolean;
  /** Keys of the result that differ from run to run: times of real processes. */
  differing: ReadonlySet<string>;
}
