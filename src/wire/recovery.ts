/** What a request, or a worker's configuration, says of running units again (docs/recovery.md), as it travels. */

/** What becomes of a run when units of a task have failed and none of them may run again. */
export const failureActions = ['fail', 'wait', 'continue'] as const;

export type OnFailure = (typeof failureActions)[number];

/** Repeats after one limit of a unit's job. */
export interface LimitRecovery {
  tries: number;
  /** What the next try asks for, over what this one had. */
  factor: number;
  /** MB or seconds; null: what the worker's configuration, or the partition, allows. */
  max: number | null;
}

type Given<T> = { [Key in keyof T]?: T[Key] | undefined };

/** Each key may be missing: it is then as in what these lie over. */
export interface GivenRecovery {
  rerun_interrupted?: boolean | undefined;
  memory?: Given<LimitRecovery> | undefined;
  time?: Given<LimitRecovery> | undefined;
  infrastructure?: { tries?: number | undefined } | undefined;
  /** By the task's own exit code. */
  exit_codes?: Record<string, { tries: number }> | undefined;
  on_failure?: OnFailure | undefined;
}

/** What holds for a task, nothing left open. */
export interface RecoveryRules {
  rerun_interrupted: boolean;
  memory: LimitRecovery;
  time: LimitRecovery;
  /** `given`: somebody said so, which is the consent to run units again that had begun. */
  infrastructure: { tries: number; given: boolean };
  exit_codes: Record<string, { tries: number }>;
  on_failure: OnFailure;
}

/** Settled when a run is opened, so that every worker reads the same. */
export interface Recovery extends RecoveryRules {
  /** Keyed by the task's position in the sorted `task_list`. */
  tasks: Record<string, RecoveryRules>;
  /** The workflow knows tries in parts; absent from requests that an older one has opened. */
  in_parts?: boolean;
}
