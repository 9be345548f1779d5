"""What a unit has of its own where it would have its server's."""

import os
import sys
import time

from .head import MARK, PLACEHOLDER


def reseed():
    """What siblings would share and a process has of its own. `random` does it by itself after a fork."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
    process = sys.modules.get("multiprocessing.process")
    if process is not None:
        process.ORIGINAL_DIR = os.getcwd()
        process._current_process._config["authkey"] = process.AuthenticationString(os.urandom(32))
    logging = sys.modules.get("logging")
    if logging is not None:
        logging._startTime = time.time_ns() if sys.version_info >= (3, 13) else time.time()


def write_mark(value):
    """Writes the name of the batch where others look for it; os.environ alone does not change that."""
    try:
        with open("/proc/self/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(start)
            block = memory.read(end - start)
            at = block.find(("%s=%s" % (MARK, PLACEHOLDER)).encode())
            if at >= 0 and len(value) <= len(PLACEHOLDER):
                memory.seek(start + at + len(MARK) + 1)
                memory.write(value.encode().ljust(len(PLACEHOLDER), b"\0"))
    except (OSError, ValueError, IndexError):
        pass
