"""Processes, their files and what they tell each other."""

import _signal
import os

from .head import ATOMIC_BYTES, REPLY_FD


def send(fd, text):
    """Writes a line at once; False when nobody reads, or when there is no room for it."""
    data = (text + "\n").encode("utf-8", "surrogateescape")
    if len(data) > ATOMIC_BYTES:
        return False
    try:
        return os.write(fd, data) == len(data)
    except OSError:
        return False


def fork_without_words():
    """From 3.12 on a fork beside threads is warned of, where `__main__` is whose line it is: with text that a unit would not
    have seen, and modules that show it. Which threads are harmless is decided here, by their names."""
    namespace = {"__name__": "fractal_temporal_warm", "os": os}
    exec("def fork():\n    return os.fork()", namespace)
    return namespace["fork"]


fork = fork_without_words()


class Lines:
    """The lines of a pipe, as they come."""

    def __init__(self, fd):
        self.fd = fd
        self.rest = b""

    def read(self):
        """Whole lines that are there, and whether the pipe has ended."""
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return [], False
        except OSError:
            return [], True
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode("utf-8", "surrogateescape") for line in lines], data == b""


def answer(pid, text):
    """Answers a stub that holds its own pipe open for writing; False when it is gone."""
    try:
        fd = os.open("/proc/%s/fd/%d" % (pid, REPLY_FD), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return send(fd, text)
    finally:
        os.close(fd)


def words(error):
    return " ".join(("%s: %s" % (type(error).__name__, error)).split())[:500]


def start_time(pid="self"):
    """With its number this tells a process from every other: proc(5), field 22."""
    with open("/proc/%s/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[19]


def lives(pid, started):
    try:
        return start_time(pid) == started
    except (OSError, IndexError):
        return False


def open_fds():
    numbers = []
    for name in os.listdir("/proc/self/fd"):
        try:
            os.stat("/proc/self/fd/" + name)
        except OSError:
            continue  # That of the listing itself.
        numbers.append(int(name))
    return numbers


def close_all_but(kept):
    for fd in open_fds():
        if fd not in kept:
            os.close(fd)


def write_whole(path, text):
    """Replaces a file; whoever reads it sees the old text or the new one."""
    unfinished = "%s.%d.tmp" % (path, os.getpid())
    try:
        with open(unfinished, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        os.replace(unfinished, path)
        return True
    except OSError:
        try:
            os.unlink(unfinished)
        except OSError:
            pass
        return False


def remove_folder(folder):
    try:
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
    except OSError:
        pass


def memory_of(pid):
    """Bytes that the process has to itself, and its share of the others."""
    try:
        with open("/proc/%d/smaps_rollup" % pid) as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
    except (OSError, ValueError):
        return 0


def kill(pid):
    try:
        os.kill(pid, _signal.SIGKILL)
    except OSError:
        pass


def ended_children():
    """Numbers of children that have ended since; they are buried here."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid
