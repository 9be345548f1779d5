"""A process that has imported the modules of one script, and forks its units."""

import _signal
import os
import select
import sys

from .head import ENDING_SIGNALS, REPLY_FD
from .importing import import_ahead, report
from .modules import Files, loaded_modules, script_folder
from .processes import Lines, answer, close_all_but, fork, send, words
from .unit import Request, Unit


class Shared:
    """What every process of a server has from its root."""

    def __init__(self, work, cache, events, environment, signals, mask, fds):
        self.work = work
        self.cache = cache
        self.events = events
        self.environment = environment
        self.signals = signals
        self.mask = mask
        self.fds = fds

    def ignore_signals(self):
        """What is sent to all processes of a job is for its units; base and nodes end when root and units have."""
        for number in ENDING_SIGNALS:
            _signal.signal(number, _signal.SIG_IGN)
        _signal.signal(_signal.SIGCHLD, self.signals[_signal.SIGCHLD])
        _signal.set_wakeup_fd(-1)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self.mask)


def catch_output(folder):
    """Regular files in place of stdout and stderr, as a unit's log is one; what comes there is noticed."""
    for fd in (1, 2):
        path = "%s/output-%d-%d" % (folder, os.getpid(), fd)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.unlink(path)
        os.dup2(file, fd)
        os.close(file)


class Node:
    """Has imported the modules of one script, and forks its units."""

    def __init__(self, shared, number, script, modules):
        self.shared = shared
        self.number = number
        self.script = script
        self.modules = modules
        self.units = {}
        self.expected = set()
        self.noted = script in shared.cache.scripts

    def tell(self, kind, *fields):
        return send(self.shared.events, "\t".join((kind, str(self.number)) + fields))

    def build(self):
        shared = self.shared
        shared.ignore_signals()
        close_all_but(set(shared.fds) | {0, 1, 2, shared.events})
        catch_output(shared.work)
        self.control = os.open("%s/node-%d" % (shared.work, self.number), os.O_RDONLY | os.O_NONBLOCK)
        self.tell("H", str(os.getpid()))
        if not getattr(sys.flags, "safe_path", False):
            sys.path.insert(0, script_folder(self.script))
        outcome = import_ahead(self.modules, shared.cache, lambda name: self.tell("I", name))
        report(self.tell, outcome, shared.cache)
        self.expected = {name for name, _ in loaded_modules()} | {name for name, _ in self.modules}
        self.files = Files([self.script])
        self.tell("R", "%.3f" % outcome.seconds)

    def run(self):
        try:
            self.build()
            return self.serve()
        except Exception as error:
            self.tell("D", "fails: %s" % words(error))
            os._exit(1)

    def serve(self):
        woken, wake = os.pipe()
        for fd in (woken, wake):
            os.set_blocking(fd, False)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        control, poll, ended = Lines(self.control), select.poll(), False
        poll.register(self.control, select.POLLIN)
        poll.register(woken, select.POLLIN)
        while not ended or self.units:
            for fd, happened in poll.poll():
                if fd == woken:
                    os.read(woken, 4096)
                elif fd == self.control:
                    lines, ended = control.read()
                    if ended:
                        poll.unregister(fd)
                    for line in lines:
                        unit = self.start(Request(line), poll)
                        if unit is not None:
                            return unit
                elif happened & (select.POLLERR | select.POLLHUP):
                    self.stub_is_gone(fd, poll)
            self.reap(poll)
        os._exit(0)

    def start(self, request, poll):
        """In the new process: the unit."""
        changed = self.files.changed()
        if changed is not None:
            self.tell("Z", changed)
        if changed is not None or request.script != self.script:
            answer(request.pid, "N")
            self.tell("F", request.ticket)
            return None
        try:
            reply = os.open("/proc/%s/fd/%d" % (request.pid, REPLY_FD), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            self.tell("F", request.ticket)
            return None
        begun = os.pipe()
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
        try:
            pid = fork()
        except OSError:
            pid = -1
        if pid == 0:
            _signal.set_wakeup_fd(-1)
            return Unit(request, reply, begun[1], self)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self.shared.mask)
        os.close(begun[1])
        if pid < 0:
            send(reply, "N")
            os.close(reply)
            os.close(begun[0])
            self.tell("F", request.ticket)
            return None
        self.units[pid] = (request.ticket, reply, begun[0])
        poll.register(reply, 0)
        return None

    def stub_is_gone(self, reply, poll):
        poll.unregister(reply)
        for pid, (_, its_reply, _) in self.units.items():
            if its_reply == reply:
                for kill in (os.killpg, os.kill):
                    try:
                        kill(pid, _signal.SIGKILL)
                    except OSError:
                        pass

    def reap(self, poll):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid not in self.units:
                continue
            ticket, reply, begun = self.units.pop(pid)
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
            send(reply, "E %d" % code if os.read(begun, 1) else "N")
            try:
                poll.unregister(reply)
            except KeyError:
                pass
            os.close(reply)
            os.close(begun)
            self.tell("F", ticket)
