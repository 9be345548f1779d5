/**
 * The executor contract: what a backend must provide to run batches of units (docs/writing-a-backend.md).
 *
 * A backend is a pure layout (how many units go into a batch) and an executor of three operations. The meaning of
 * a batch (journal, outputs, failures) is not the executor's business: `runBatch` reads the journal that the batch
 * script writes, whatever started it. To write a backend, copy `local`, swap the executor, pass the shared
 * conformance suite in src/conformance.
 */
import type { EndCause } from './end-causes.js';
import type { GivenRecovery } from '../wire/recovery.js';
import type { JsonObject } from '../wire/request.js';

/** Absolute paths of the files of one batch; all in one folder that the worker and the nodes see. */
export interface BatchPaths {
  /** The units to run, one line each (src/batch/units-file.ts). Immutable, there before submit. */
  units: string;
  /** The script, written by submit (the same text every time). */
  script: string;
  /** Created O_EXCL by submit before anything is started; JSON, the executor's own. */
  intent: string;
  /** Created O_EXCL by the script; its first line is the job id that owns the batch. */
  owner: string;
  /** Left once a batch is cancelled or its end was seen (src/executors/claims.ts); a script that sees it starts nothing more. */
  tombstone: string;
  /** `{journalPrefix}{job id}-{restart}.journal`, one per copy of the script. */
  journalPrefix: string;
  /** Prefix of the batch's own stdout and stderr: `{stdioPrefix}{job id}.out` and `.err`. */
  stdioPrefix: string;
}

/** One batch of units, a pure function of the plan: the same for every attempt of the activity. */
export interface Batch {
  /** Idempotency key, `[A-Za-z0-9-]+`, unique per run, task, stage, batch, try and part of it. */
  key: string;
  /** `[A-Za-z0-9._-]`, at most 180 characters, ends with the key. */
  jobName: string;
  /** One line for people: run, task, batch. Control characters are already gone; quote it all the same. */
  comment: string;
  /** Groups batches that share a host's width fairly. */
  runUuid: string;
  /** Where the units' args, output and log files are. */
  taskDir: string;
  /** Working directory of the units: the run's directory. */
  workingDir: string;
  /** The task's command split into words; units get `--args-json A --out-json O` after it. */
  command: string[];
  unitCount: number;
  /** Units at once within this batch, at least 1. */
  lanes: number;
  paths: BatchPaths;
  /** What the backend's own layout decided for this task (SLURM: partition, cpus, mem, ...). */
  resources: JsonObject;
  /** Its units may be forked from a warm interpreter (docs/warm-start.md); a backend may pass over it. */
  warm?: true;
  /** Nodes on which an earlier try of these units died; a backend without nodes ignores them. */
  avoidNodes: string[];
}

/** Found again by key after any crash; goes into heartbeats, so it stays small (at most 1 KiB with progress). */
export interface Handle {
  /** The scheduler's job id; for local an id of the process that was started. */
  jobId: string;
  /** The executor's own facts (host, user, process id, ...). */
  facts: { [key: string]: string | number | null };
}

export interface Usage {
  elapsed_seconds: number | null;
  max_rss_bytes: number | null;
  cpu_seconds: number | null;
}

/** The executor's word on a batch that has ended. */
export interface EndOfBatch {
  cause: EndCause;
  /** The scheduler's own word, e.g. OUT_OF_MEMORY; null where there is none. */
  schedulerState: string | null;
  /** What happened, in words a biologist understands. */
  message: string;
  node: string | null;
  usage: Usage | null;
  /**
   * The node itself is at fault: it failed, was started anew, or vanished with its job. The next try avoids it. A node
   * that a job was only taken from (preempted, drained, revoked) is not.
   */
  nodeAtFault?: boolean;
  /** The scheduler took the node away for another job. That may happen many times in a row and says nothing against the batch. */
  preempted?: boolean;
}

/** Of a batch that lives: when that was seen (ms since the epoch), where it was not just now. */
interface Seen {
  seenAt?: number;
}

export type BatchStatus =
  | ({ state: 'pending'; reason: string | null } & Seen)
  | ({ state: 'running'; node: string | null } & Seen)
  | ({ state: 'ended' } & EndOfBatch)
  /** No answer, an error or absence: never success and never failure by itself. */
  | { state: 'unknown'; reason: string };

export interface ExecutorContext {
  /** Aborted when the attempt must end (cancel, shutdown): stop waiting, leave what runs running. */
  signal: AbortSignal;
  /** Shows one line to the operator (heartbeat details): why a submission waits, for example. */
  note(line: string): void;
}

/** What of a batch is known without any file of the run: enough to find it and to end it. */
export type BatchNames = Pick<Batch, 'key' | 'jobName' | 'paths'>;

export interface CancelReport {
  /** Every job of the batch that was found, whoever submitted it. */
  jobIds: string[];
  /** What could not be made sure of, in words (which file, what may still run); null when nothing lives or will. */
  uncertain: string | null;
}

export interface Executor {
  /**
   * Idempotent by `batch.key`: an earlier submission of that key is found and adopted, also one that has ended, and
   * also where a tombstone stands by now; never two live copies. Waits, with `context.note`, while limits or an absent
   * scheduler forbid it.
   *
   * @throws NeverSubmitted where a tombstone stands and nothing was submitted before it.
   * @throws SubmissionRefused when it is refused for good.
   * @throws WrongWorker when the batch belongs to another host or user (retryable).
   */
  submit(batch: Batch, context: ExecutorContext): Promise<Handle>;
  /** `ended` means that no process of the batch can still write. Never throws for a scheduler's failure. */
  status(batch: Batch, handle: Handle): Promise<BatchStatus>;
  /**
   * Leaves a tombstone (src/executors/claims.ts; one that is there already stays), looks the batch up by key, with or
   * without a handle, asks, verifies that the whole process tree is gone. Resolves when nothing of it runs or will run;
   * idempotent. Needs no file of the run: one that can never be read or written is told in the report instead.
   */
  cancel(batch: BatchNames, handle: Handle | null, context: ExecutorContext): Promise<CancelReport>;
}

/** Input of a layout: one task's part of a run. */
export interface LayoutInput {
  units: number;
  /** `meta_*` of the component, the workflow-task's over the task's, key by key. */
  meta: JsonObject;
  workerInit: string | null;
  slurmAccount: string | null;
  userCacheDir: string | null;
  /** The request's `warm_start`; default: no. */
  warmStart?: boolean;
}

export interface BatchLayout {
  unitsPerBatch: number;
  lanes: number;
  resources: JsonObject;
  /** Units may be forked from a warm interpreter. */
  warm?: true;
}

/** What a scheduler's accounting says of a job that has ended. */
export interface JobReport {
  state: string;
  usage: Usage;
}

/** Which limit of its job interrupted a unit. */
export type ReachedLimit = 'memory' | 'time';

/** By how much a limit is raised. */
export interface Raise {
  /** How often it was reached, from 1: it is raised by the factor as often. */
  times: number;
  factor: number;
  /** MB or seconds, by the request; null: what the cluster allows. */
  max: number | null;
  /** From `ceilings`. */
  ceilings: JsonObject;
}

export interface Backend {
  readonly name: string;
  /**
   * Pure: how `units` are cut into batches and what each needs.
   *
   * @throws LayoutError when the task's meta is wrong or asks for more than the limits allow.
   */
  layout(input: LayoutInput): BatchLayout;
  /**
   * Optional: what of a layout's resources this cluster can never fulfil, a line each ("key: expected ..., got ..."),
   * asked for every task before anything runs; empty when nothing speaks against it or nobody answers. Never throws for
   * a scheduler's failure.
   */
  check?(resources: JsonObject): Promise<string[]>;
  /** Optional: defaults of a request's `recovery`, from the worker's configuration; they count as given. */
  readonly recovery?: GivenRecovery;
  readonly executor: Executor;
  /** Optional and pure: the script that `submit` would start, for `check`; where there is none, it shows none. */
  script?(batch: Batch): string;
  /**
   * Optional: what the scheduler says of a script without taking it, in its own words; null where it cannot be asked.
   * Leaves nothing behind.
   */
  trial?(batch: Batch): Promise<string | null>;
  /** Optional and pure: resources for units that a limit of their job interrupted and that may run again. */
  raise?(resources: JsonObject, limit: ReachedLimit, by: Raise): JsonObject;
  /**
   * Optional and pure: the limits of a unit by what its job asks for (a layout's resources, or `asked` of a try), MB and
   * seconds; null where that does not say.
   */
  limits?(resources: JsonObject): Record<ReachedLimit, number | null>;
  /**
   * Optional: told of the commands that a run is about to start warm, with the layout of as many units as there may be, so
   * that interpreters can be made ready. Neither waits nor throws.
   */
  warmUp?(planned: { command: string[]; layout: BatchLayout }[]): void;
  /**
   * Optional: what the cluster knows of the most that a layout's resources may be raised to, asked once when a task is
   * planned and kept with the plan, so that no other worker raises otherwise. The backend's own; `{}` where nobody answers.
   */
  ceilings?(resources: JsonObject): Promise<JsonObject>;
  /**
   * Optional: what accounting knows of jobs that have ended, by job id; asked once, at the end of a run. Waits a few
   * seconds for what is late; says nothing about jobs that it does not know. Never throws for a scheduler's failure.
   *
   * @param since epoch milliseconds before which none of them was submitted.
   */
  report?(jobs: { jobId: string; jobName: string }[], since: number): Promise<Map<string, JobReport>>;
  /**
   * How long a file that a node has written may take to appear to the worker, in milliseconds; 0 where both
   * are one host.
   */
  readonly lateFilesMs: number;
}
