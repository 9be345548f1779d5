"""Numbers that somebody may want to change, each with its unit in the name and its reason."""

#: How often the events of a run are looked at. The runner writes them with a lag of up to 2 s; this adds little to it.
POLL_SECONDS = 0.5

#: A run that has ended for Temporal has written its last event by then, or never will.
LAST_EVENT_SECONDS = 15.0

#: Pause between two tries while Temporal or the database is away: back within seconds of them, and no load for them.
RETRY_SECONDS = 1.0

#: A run that nobody has opened by then is said to wait for a worker, as `fractal-temporal run` says it.
NO_WORKER_SECONDS = 10.0

#: How often "is still away" is repeated in a job's log.
REPEAT_WORDS_SECONDS = 300.0

#: How often jobs are looked for that nobody follows.
SCAN_SECONDS = 5.0

#: A job that was submitted so long ago and that nobody follows was lost by its server process: between the row of a job
#: and its lock lie milliseconds.
ORPHAN_AGE_SECONDS = 20.0

#: How often a resource is asked whether it still takes jobs. A question to the database per job.
CLOSED_RESOURCE_SECONDS = 2.0

#: Rows of one INSERT or UPDATE: PostgreSQL takes 65,535 parameters in one statement.
ROWS_PER_STATEMENT = 2_000

#: Temporal takes 2 MiB in one piece; a larger request goes into a file (docs/client.md, "Large requests").
MAX_REQUEST_BYTES = 1024 * 1024

#: JSON has one number type; an integer beyond it would be rounded by the runner without a word.
MAX_INTEGER = 2**53

#: A piece of a file through Temporal, at most (docs/from-afar.md).
PIECE_BYTES = 1024 * 1024

#: A piece is a matter of milliseconds; a worker that is just being replaced, or started on demand, is waited for.
FAR_WORKFLOW_SECONDS = 120.0

#: A run that begins where this machine sees it is seen by then, and its workers need not be asked.
FAR_FIRST_SECONDS = 3.0

#: From afar each look for news is a short workflow: a run that is silent is asked after 1 s, then more and more seldom.
FAR_SILENCE_SECONDS = 1.0
FAR_SILENCE_MOST_SECONDS = 10.0

#: A run from afar that was silent for so long may be held or paused: Temporal is asked before its workers are.
FAR_REST_SECONDS = 30.0

#: A file may be written to while it is read in pieces.
FAR_READS_OF_A_CHANGING_FILE = 5

#: So many files are asked for in one workflow at most (docs/from-afar.md), and are waited for so long to be together.
FAR_TOGETHER = 100
FAR_TOGETHER_SECONDS = 0.02

#: Questions to the run's workers at the same time: enough to hide the way there, no load for them.
FAR_ASKS_AT_ONCE = 16

#: Files that are brought from afar at the same time: as many as fill these questions. What comes goes onto the disk.
FAR_AT_ONCE = FAR_TOGETHER * FAR_ASKS_AT_ONCE

#: So many missing files at the end of a run are brought from afar whatever they are: some hundred questions.
FAR_FILES = 50_000

#: How often the key ring is looked at, as workers do.
KEY_FILE_SECONDS = 10.0

#: After a fault in following a run (never while it is only away): enough for a person to see it in the log.
FOLLOW_AGAIN_SECONDS = 5.0

#: So many faults in following a run that has ended, and its result alone tells how the job ends.
FOLLOW_TRIES = 5
