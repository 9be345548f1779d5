/** What the activities of one worker are given: its backend, and what it knows of its server. */
import type { Backend } from '../batch/contract.js';
import type { EventLog } from '../events/log.js';
import type { RunnerMetrics } from '../monitor/runner-metrics.js';
import type { RunServer } from '../state/identity.js';
import type { PlanFile } from '../state/plan-file.js';
import type { FileReference } from '../wire/failure.js';

export interface ActivityDependencies {
  backend: Backend;
  /** Names of our search attributes that the server knows; asked once a run. */
  knownSearchAttributes(): Promise<string[]>;
  /** Runs are encrypted: a search attribute cannot be, so that names are left out. Default: no. */
  isEncrypted?: boolean;
  /** For how long a file that can never be read is looked at; default PERMANENT_PATIENCE_MS. */
  permanentPatienceMs?: number | undefined;
  /** The server that this worker polls: it is recorded as the owner of the runs that it opens. */
  server?: RunServer;
  /** Whether the server has a run of this id that has not ended; absent: it cannot be asked. */
  isRunning?: (workflowId: string) => Promise<boolean>;
  metrics?: RunnerMetrics;
  /** Told the folder of each run that an activity is about. */
  onRunFolder?: (dir: string) => void;
}

/** What all activities of one worker share. */
export interface StepDependencies extends ActivityDependencies {
  /** The events of the run in a directory. */
  events(dir: string): EventLog;
}

/** What all batches of one worker share. */
export interface BatchDependencies extends StepDependencies {
  /** Throws as `readPlan` does (src/state/plan-file.ts). */
  readPlan(reference: FileReference): Promise<PlanFile>;
}
