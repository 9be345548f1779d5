"""Warm interpreters: forks the units of Python tasks from processes that have imported their modules already.

docs/warm-start.md says what is promised. One file, the standard library alone, Python 3.9 to 3.14, run by the task's own
interpreter:

    root (imports nothing) -> base (what all known scripts share) -> node (what one script imports) -> units

Started by src/batch/launchers/warm.sh, which also is the other side of what is spoken here:

    request   S script                        a script that will be asked for
              U pid ticket umask cwd log lock environment script argument...
    answer    W                               wait: its modules are being imported
              N                               not started here, start it plainly
              P pid start-time                it has begun
              E status                        it has ended, as a shell reports it

Whoever removes the ticket starts the unit; nothing else decides it.
"""

import os
import sys
import time

BARE_MODULES = frozenset(sys.modules)

import _signal  # noqa: E402
import builtins  # noqa: E402
import fcntl  # noqa: E402
import gc  # noqa: E402
import select  # noqa: E402

# A unit finds what an interpreter that has just started holds, and what its own script has imported: nothing of ours.
for _name in set(sys.modules) - BARE_MODULES:
    del sys.modules[_name]

# Of the reading side in src/batch/launchers/warm.sh.
REPLY_FD = 3
# Where the batch script has its lock (src/executors/local/process/launch.ts), and so a plain unit too.
LOCK_FD = 9
# How often what nobody tells is looked at: the script that a job's server belongs to, memory, idle time.
TICK_SECONDS = 0.5
# Reading the memory of a process costs a millisecond or two.
MEMORY_EVERY_SECONDS = 20
# On a parallel file system imports may take minutes; what takes longer than this hangs.
BUILD_SECONDS = 300
# Each finds a module that cannot be imported ahead. What has more of them is started plainly.
BUILD_TRIES = 6
# A task of few units, such as a compound's init, ends before the node after it is made: so that one is begun with it.
NODES_AHEAD = 2
# A node is made anew when its units were seen to load at least so many more modules, after so many units that did, and
# no more often than that: making it costs as much as it saves some units, and few of most tasks are left by then.
RELEARN_MODULES = 8
RELEARN_UNITS = 8
RELEARN_TIMES = 2
# Of a script that nobody has run yet its text tells what it imports; a few steps find what scripts have in common.
SCAN_STEPS = 3
SCAN_MODULES = 300
# A pipe takes that many bytes whole or not at all: pipe(7).
ATOMIC_BYTES = 4096
# A long value in its place: the name of a unit's batch is written over it, for whoever looks into /proc/PID/environ.
PLACEHOLDER = "-" * 200
MARK = "FRACTAL_BATCH"

ENDING_SIGNALS = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP)
CHANGED_SIGNALS = ENDING_SIGNALS + (_signal.SIGCHLD,)

# Threads that are known to do no harm when a fork leaves them behind (docs/warm-start.md).
HARMLESS_THREADS = {"polars-ooc-clea", "jemalloc_bg_thd"}
# How often and how long a file that came with a thread is looked at again: the thread may hold it for a moment only.
FILE_LOOKS, FILE_LOOK_SECONDS = 100, 0.01
# Functions of the standard library that ask for the current folder and keep nothing of it: `inspect` compares files by
# their whole names, `tempfile` would take it where there is no other folder.
HARMLESS_READERS = {"getabsfile", "_candidate_tempdir_list"}
# What these note down of their process is set anew in each unit (`reseed`).
RENEWED = {("multiprocessing.process", "reads the current folder")}
# Never imported ahead: they start devices, runtimes or servers, or are about the process that runs.
DENIED = frozenset(
    "IPython antigravity cupy idlelib jax jaxlib jpype mpi4py pdb pycuda pyspark ray rpy2 tensorflow this turtle".split()
)
