/** Sizes and limits of the benches. The limits are what this project promises itself (docs/performance.md). */

/** Units of the comparison with xargs: enough that starting the run itself is a small part of it. */
export const UNITS = 5_000;

/** Repetitions of a comparison that takes seconds; the median is quoted. */
export const REPETITIONS = 3;

/** At most so many times what `xargs -P` takes for the same number of `true`. */
export const UNITS_LIMIT_RATIO = 2.5;

/** Tasks of one unit each: enough to average out a server's hiccups. */
export const STEPS = 20;

/** Plan, batch and apply are three activities: so many no-op ones are the measure of a task. */
export const NO_OPS_PER_STEP = 3;

export const STEPS_LIMIT_RATIO = 3;

/** Sizes of image lists: a large plate, and what this project is built for. */
export const SOME_IMAGES = 16_000;
export const MANY_IMAGES = 100_000;

/** Plan and apply of `SOME_IMAGES`. */
export const SOME_IMAGES_LIMIT_SECONDS = 2;

/** `MANY_IMAGES` against `SOME_IMAGES`: 6.25 times as many, with room for memory that is out of the caches. */
export const MANY_IMAGES_LIMIT_RATIO = 8;

/** Memory of a local worker at `MANY_IMAGES`, above what it holds when idle. */
export const MEMORY_LIMIT_MIB = 250;

export const HISTORY_UNITS = [10, 10_000, 100_000];

/** `up` and workers compile nothing at their start: seconds, minutes on a machine with many times more work than cores. */
export const READY_SECONDS = 300;

/** A program that has not ended so long after SIGTERM is killed: a bench must end. */
export const STOP_SECONDS = 30;

/** Files created to learn what one costs on a disk. */
export const FILES_OF_PROBE = 1_000;

/**
 * A new file costs 50 us here through Node. ext4 takes several times as long for five minutes after many files
 * were deleted nearby, as test suites do: then a ratio to a peer that creates none says nothing.
 */
export const SLOW_DISK_MICROSECONDS = 250;

/** Units of one SLURM job: some seconds of work. */
export const SLURM_UNITS = 5_000;

/** Of a job on two cores. */
export const SLURM_UNITS_PER_SECOND_LIMIT = 500;

/** Far longer than what is waited for, so that it shows who was waited for: the journal, not squeue. */
export const SLURM_LONG_POLL_SECONDS = 30;

export const SLURM_LATENCY_LIMIT_SECONDS = 3;

/** Runs of one job each, one after the other. */
export const SLURM_LATENCY_RUNS = 5;

export const SLURM_JOBS = 200;

/** Short, so that a run of seconds has several intervals. */
export const SLURM_SHORT_POLL_SECONDS = 5;

/** Pairs of a plain and a warm run where `--pairs` does not say it. */
export const WARM_PAIRS = 5;

/** A workflow of real tasks on small images: what is left is their own work and one import per environment. */
export const WARM_FILLED_LIMIT_RATIO = 0.33;
/** First run of an environment: what is imported ahead is not known yet. */
export const WARM_EMPTY_LIMIT_RATIO = 0.5;

export const WARM_UNITS = 200;
export const WARM_UNITS_LIMIT_RATIO = 0.3;

/** Seconds of a run, so that its start is a small part of it. */
export const WARM_OTHERS = 5_000;
export const WARM_OTHERS_LIMIT_RATIO = 1.02;

export const WARM_MEMORY_UNITS = 8;
export const WARM_MEMORY_LIMIT_RATIO = 0.8;
/** A unit lives for some seconds. */
export const WARM_MEMORY_SAMPLE_MS = 100;
/** Starts of the program take a fraction of a second: the median of more of them than of what takes long. */
export const STARTS = 9;

/** Seconds from the start of a command to its end, as somebody who types it notices; on a machine that does nothing else. */
export const START_LIMITS_S = { nothing: 0.2, asking: 0.6, running: 0.8, firstLines: 1 };

/** A start of Node alone on such a machine: where it takes longer, the limits grow with it. */
export const NODE_START_S = 0.045;

/** Numeric units in one job, two at once: four after each other on each core. */
export const CORES_UNITS = 8;

/** Of one such unit: the libraries alone take some 100 MB. */
export const CORES_UNIT_MB = 1_000;

/** Jobs of each kind; the median is quoted. */
export const CORES_REPETITIONS = 3;

/** What a site with a supervisor has: accounts, and those that work at the same time. */
export const USERS = 200;
export const USERS_BUSY = 5;

/** How long what looking costs is measured: several looks at all queues. */
export const USERS_SECONDS = 30;

/** Of units that are not Python, so many times the pairs of the others: two percent are looked for, and a pair differs by ten. */
export const WARM_OTHERS_PAIRS_FACTOR = 3;

/** So little that all of them fit into a small machine: the local backend counts what units ask for. */
export const WARM_MEMORY_UNIT_MB = 1_000;
