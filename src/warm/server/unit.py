"""A process that becomes a unit."""

import _signal
import builtins
import fcntl
import os
import sys

from .environment import reseed, write_mark
from .head import LOCK_FD, MARK
from .modules import loaded_modules
from .processes import close_all_but, send, start_time, write_whole


class Request:
    def __init__(self, line):
        _, self.pid, self.ticket, umask, self.cwd, self.log, self.lock, self.environment, self.script, *self.arguments = line.split("\t")
        self.umask = int(umask, 8)


class Unit:
    """A process that becomes a unit: what the interpreter would have made of itself, had it been started for it."""

    def __init__(self, request, reply, begun, node):
        self.request = request
        self.reply = reply
        self.begun = begun
        self.node = node

    def begin(self):
        """Returns code and namespace of the script. Whatever fails before the ticket is taken ends in a plain start."""
        request, shared = self.request, self.node.shared
        os.setsid()
        # The CPUs of the lane that the unit belongs to, which this process has not come from.
        os.sched_setaffinity(0, os.sched_getaffinity(int(request.pid)))
        for number, action in shared.signals.items():
            if action is not None:
                _signal.signal(number, action)
        log = os.open(request.log, os.O_WRONLY | os.O_APPEND)
        null = os.open("/dev/null", os.O_RDONLY)
        lock = self._locked(request.lock)
        environment = self._environment(request.environment)
        os.chdir(request.cwd)
        os.umask(request.umask)
        os.unlink(request.ticket)
        if not send(self.reply, "P %d %s" % (os.getpid(), start_time())):
            os._exit(1)
        os.write(self.begun, b".")
        # Above all that are in use, so that none lies where another is to go.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in (null, log, log)]
        for fd, copy in enumerate(high):
            os.dup2(copy, fd)
        kept = set(shared.fds) | {0, 1, 2}
        if lock is not None:
            if lock != LOCK_FD:
                os.dup2(lock, LOCK_FD)
            os.set_inheritable(LOCK_FD, True)
            kept.add(LOCK_FD)
        close_all_but(kept)
        self._apply(environment)
        write_mark(environment.get(MARK, ""))
        reseed()
        sys.argv = [request.script] + request.arguments
        if hasattr(sys, "orig_argv"):
            sys.orig_argv = [sys.orig_argv[0]] + sys.argv
        main = self._main_module()
        _signal.pthread_sigmask(_signal.SIG_SETMASK, shared.mask)
        return main.__dict__

    @staticmethod
    def _locked(path):
        if not path:
            return None
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(fd, fcntl.LOCK_SH)
        return fd

    @staticmethod
    def _environment(path):
        with open(path, "rb") as file:
            pairs = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
        return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}

    def _apply(self, environment):
        # Only differences: what modules have set when they were imported stays.
        before = self.node.shared.environment
        for name in before.keys() - environment.keys():
            os.environ.pop(name, None)
        for name, value in environment.items():
            if before.get(name) != value:
                os.environ[name] = value
        if "PWD" in os.environ:
            os.environ["PWD"] = self.request.cwd

    def _main_module(self):
        old = sys.modules["__main__"]
        main = type(old)("__main__")
        if "__annotations__" in vars(old):
            main.__annotations__ = {}
        main.__builtins__ = builtins
        main.__file__ = self.request.script
        if "__cached__" in vars(old):
            main.__cached__ = None
        main.__loader__ = type(old.__loader__)("__main__", self.request.script)
        sys.modules["__main__"] = main
        return main

    def compiled(self):
        with open(self.request.script, "rb") as file:
            return compile(file.read(), self.request.script, "exec", dont_inherit=True)

    def learn(self):
        """Leaves a note of what was loaded, where that is more than was imported ahead."""
        node = self.node
        modules = loaded_modules()
        new = sum(name not in node.expected for name, _ in modules)
        # A script that has no note yet would be scanned anew by each server, however well the scan has done.
        if node.noted and new == 0:
            return
        text = "".join("%s\t%s\n" % module for module in modules)
        write_whole("%s/learned-%d-%d-%d" % (node.shared.work, node.number, os.getpid(), new), text)
