/** Every default of the SLURM backend, with its unit in the name and its reason beside. */

/** squeue(1) asks not to be called in loops; 15 s is what sites tolerate, and success does not wait for it. */
export const DEFAULT_POLL_INTERVAL_SECONDS = 15;
/** Workers that were started together must not ask together. */
export const POLL_JITTER_FRACTION = 0.2;
/** A squeue that took 2 s is asked at most every 20 s: it should cost the controller a tenth of the time. */
export const POLL_SLOWDOWN_FACTOR = 10;
/** But often enough that a controller that is well again is noticed soon. */
export const POLL_PAUSE_MAX_SECONDS = 60;
/** Look-ups that somebody waits for (cancel, adoption after a crash) may bring the next squeue forward to this. */
export const URGENT_POLL_SPACING_SECONDS = 2;
/** How long a status call waits for an answer under way: its caller has a journal to look at meanwhile. */
export const STATUS_PATIENCE_SECONDS = 0.25;

/** With the controller away `scontrol show job` needs 18 s to say so, squeue and sbatch 9 s. */
export const DEFAULT_COMMAND_TIMEOUT_SECONDS = 40;
/** sbatch retries by itself for long; what it did by then is found by the job's name. */
export const DEFAULT_SBATCH_TIMEOUT_SECONDS = 40;
/** MessageTimeout of slurm.conf(5), where the controller did not say. */
export const FALLBACK_MESSAGE_TIMEOUT_SECONDS = 10;

/** Below it a slow controller or a restart would look like a lost job. */
export const MIN_VANISH_WINDOW_SECONDS = 300;
/** On top of SlurmdTimeout and KillWait: the time until a dead node's job is written off and cleaned up. */
export const VANISH_MARGIN_SECONDS = 60;
/** SlurmdTimeout and KillWait of slurm.conf(5), where the controller did not say. */
export const FALLBACK_SLURMD_TIMEOUT_SECONDS = 300;
export const FALLBACK_KILL_WAIT_SECONDS = 30;

/** While SLURM requeues a job its accounting shows an end for 2-10 s; an end that lasts longer is one. */
export const REQUEUE_SETTLE_SECONDS = 15;
/** Accounting has memory and CPU time 1-5 s after a job's end; a failure is not held back longer for them. */
export const USAGE_PATIENCE_SECONDS = 12;
/** At a run's end people wait for its result: accounting, 1-5 s late, is asked a few times and not for long. */
export const REPORT_EVERY_SECONDS = 0.7;
export const REPORT_PATIENCE_SECONDS = 5;
/** Two questions to accounting are at least so far apart: it is slower than squeue and shared by all clusters. */
export const ACCOUNTING_SPACING_SECONDS = 5;
/** Accounting is asked from this long before a job was last seen: clocks differ between hosts. */
export const ACCOUNTING_MARGIN_SECONDS = 300;

/** Far below what a controller bears, far above what a run needs. */
export const DEFAULT_SUBMISSIONS_PER_MINUTE = 300;
/** More sbatch at once only wait for the same lock in the controller. */
export const SBATCH_AT_ONCE = 4;
/** Waiting for a limit or an absent controller: from seconds to a minute, so that a freed place is soon taken. */
export const LIMIT_BACKOFF_FIRST_SECONDS = 2;
export const LIMIT_BACKOFF_MAX_SECONDS = 60;

/** A full disk, a missing module, a broken wrapper: what somebody who is called mends within half an hour passes. */
export const DEFAULT_UNCLEAR_REFUSAL_PATIENCE_SECONDS = 1800;
/** Longer than the longest pause between two calls of one worker: what is beyond it was time without a worker. */
export const UNCLEAR_GAP_MAX_SECONDS = 300;
/** The backstop behind timeout(1) around sbatch, which lives on when the worker does not. */
export const BACKSTOP_SECONDS = 10;
/** From timeout(1)'s SIGTERM to its SIGKILL. */
export const KILL_AFTER_SECONDS = 5;
/** Excluding more nodes than this says less of the nodes than of the tasks. */
export const AVOIDED_NODES_MAX = 8;
/** Partitions and nodes change by an administrator's hand; within one answer a whole run is checked. */
export const SINFO_KEPT_SECONDS = 60;
/** NFS shows a new file after acregmax, 60 s by default, at the latest (nfs(5)). */
export const DEFAULT_LATE_FILE_WAIT_SECONDS = 60;
/** scancel is asked again while a job lives on: a controller may have lost the request in a restart. */
export const SCANCEL_AGAIN_SECONDS = 30;
/** Long enough to gather the batches of a run that is cancelled, short enough for nobody to notice. */
export const SCANCEL_GATHER_MS = 50;
/** A line of so many ids is far below the system's limit, and scancel's answer comes within its time-out. */
export const SCANCEL_IDS_MAX = 500;
/** Longer than KillWait (30 s by default) and an epilog take; then the operator should look at the node. */
export const STUCK_COMPLETING_SECONDS = 120;
/** Enough of a job's stderr to hold the last message of whatever ended it. */
export const STDERR_TAIL_LINES = 60;
/** Of these, and of its stdout where the units were not reached, what stands in the error: it is for one look. */
export const LINES_SHOWN = 10;
/** Of SLURM's words in a heartbeat, which the Web UI shows in one line. */
export const SHOWN_CHARACTERS = 200;
/** Of what is remembered about a batch that nobody asks for any more. */
export const FORGET_AFTER_SECONDS = 3600;
