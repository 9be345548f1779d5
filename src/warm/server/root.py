"""The first process of a server."""

import _signal
import os
import select
import time

from .cache import Cache
from .events import Events
from .head import BUILD_SECONDS, CHANGED_SIGNALS, ENDING_SIGNALS, MEMORY_EVERY_SECONDS, REPLY_FD, TICK_SECONDS
from .memory import Memory
from .modules import Files
from .node import Shared
from .processes import Lines, answer, ended_children, kill, lives, open_fds, remove_folder, start_time, write_whole


class Root(Events, Memory):
    """Imports nothing, so that it survives what others import; tells who forks what."""

    def __init__(self, folder, cache_path, owner, idle_seconds, max_bytes):
        self.folder = folder
        # What is this server's alone: one that came before may have left units that still run.
        self.work = "%s/work-%d" % (folder, os.getpid())
        self.requests = Lines(REPLY_FD)
        self.owner = (owner, start_time(owner)) if owner else None
        self.idle_seconds = idle_seconds
        self.max_bytes = max_bytes
        self.scripts = []
        # Whether these are those of a run, in its order, and which of them units ask for now.
        self.announced = False
        self.current = None
        self.made_ahead = set()
        self.nodes = {}
        self.successors = {}
        self.by_number = {}
        self.base = None
        self.base_control = None
        self.base_names = set()
        self.tries = {}
        self.hopeless = {}
        self.relearned = {}
        self.scans = {}
        self.numbers = 0
        self.used = time.monotonic()
        self.measured = self.used
        self.ending = False
        self.poll = select.poll()
        fds = [fd for fd in open_fds() if fd > 2 and fd != REPLY_FD]
        events, told = os.pipe()
        self.events = Lines(events)
        for fd in (events, told, REPLY_FD):
            os.set_blocking(fd, fd == told)
        self.shared = Shared(
            self.work,
            Cache(cache_path),
            told,
            dict(os.environ),
            {number: _signal.getsignal(number) for number in CHANGED_SIGNALS},
            _signal.pthread_sigmask(_signal.SIG_BLOCK, ()),
            fds,
        )
        self.files = Files()
        self.requests_inode = os.fstat(REPLY_FD).st_ino

    def say(self, text):
        try:
            with open(self.folder + "/log", "a") as file:
                file.write("%.1f %s\n" % (time.time(), text))
        except OSError:
            pass

    def tick(self):
        now = time.monotonic()
        for record in [self.base] + list(self.by_number.values()):
            if record is not None and not record.ready and record.number + bool(record.child) and now - record.began > BUILD_SECONDS:
                for pid in {record.child, record.pid} - {None}:
                    kill(pid)
                self.is_lost(record, "takes longer than %d s to import" % BUILD_SECONDS)
        if now - self.measured > MEMORY_EVERY_SECONDS:
            self.measured = now
            self.shared.cache.save()
            self.limit_memory()
        busy = any(record.running or record.waiting for record in self.by_number.values()) or self.nodes_waiting()
        if not busy and self.idle_seconds and now - self.used > self.idle_seconds:
            self.say("idle")
            self.ending = True
        try:
            replaced = os.stat(self.folder + "/requests").st_ino != self.requests_inode
        except OSError:
            replaced = True
        if replaced or (self.owner is not None and not lives(*self.owner)):
            self.ending = True

    def nodes_waiting(self):
        return any(record.waiting for record in self.nodes.values())

    def run(self):
        woken, wake = os.pipe()
        for fd in (woken, wake):
            os.set_blocking(fd, False)

        def end(*_):
            self.ending = True

        for number in ENDING_SIGNALS:
            _signal.signal(number, end)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for fd in (self.requests.fd, self.events.fd, woken):
            self.poll.register(fd, select.POLLIN)
        self.clean_up()
        os.mkdir(self.work, 0o700)
        write_whole(self.folder + "/pid", "%d %s\n" % (os.getpid(), start_time()))
        while not self.ending:
            role = self.step(woken)
            if role is not None:
                return role
        self.finish()
        return None

    def step(self, woken):
        """One turn of the loop. In a new process: its role."""
        for fd, _ in self.poll.poll(TICK_SECONDS * 1000):
            if fd == woken:
                os.read(woken, 4096)
            elif fd == self.requests.fd:
                for line in self.requests.read()[0]:
                    role = self.asked(line)
                    if role is not None:
                        return role
            elif fd == self.events.fd:
                for line in self.events.read()[0]:
                    self.told(line)
            else:
                record = next((one for one in self.by_number.values() if one.control == fd), None)
                if record is not None:
                    self.is_lost(record, "ended")
        for pid in ended_children():
            self.buried(pid)
        self.tick()
        self.make_ahead()
        return self.advance() or self.renew()

    def finish(self):
        """Units that run are their nodes' business; all others are started plainly."""
        try:
            os.unlink(self.folder + "/pid")
        except OSError:
            pass
        for line in self.requests.read()[0]:
            self.asked(line)
        for record in self.nodes.values():
            for line in record.waiting:
                answer(line.split("\t", 2)[1], "N")
        self.shared.cache.changed = self.shared.cache.changed and bool(self.shared.cache.scripts)
        self.shared.cache.save()
        if not any(record.running for record in self.by_number.values()):
            remove_folder(self.work)
            for name in ("requests", "usage", "log", "output"):
                try:
                    os.unlink(self.folder + "/" + name)
                except OSError:
                    pass
            self.clean_up()
            try:
                os.rmdir(self.folder)
            except OSError:
                pass

    def clean_up(self):
        """Removes what processes that live no more have left: tickets, environments, folders."""
        for name in os.listdir(self.folder):
            pid = name.replace("environment-", "").replace("work-", "").partition("-")[0]
            if not pid.isdigit() or os.path.exists("/proc/" + pid):
                continue
            path = self.folder + "/" + name
            try:
                os.unlink(path)
            except IsADirectoryError:
                remove_folder(path)
            except OSError:
                pass
