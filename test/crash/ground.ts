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
  /** Units, once for each time they began. */
  readonly begun: string[];
  readonly jobs: { key: string }[];
  readonly live: { key: string }[];
  /** Steps played so far, and who wants to know of each. */
  readonly steps: number;
  watcher: (() => void) | null;
}

export interface Ground {
  nodes: Nodes;
  /** The backend of a new worker. */
  backend(worker: WorkerOptions): Backend;
  virtualTime: boolean;
  /** Keys of the result that differ from run to run: times of real processes. */
  differing: ReadonlySet<string>;
}
