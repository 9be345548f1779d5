"""What the root is asked for and what it is told."""

import os
import time

from .building import Building
from .head import MEMORY_EVERY_SECONDS
from .modules import read_modules
from .processes import answer, send
from .record import NodeRecord


class Events(Building):
    """Requests of stubs, and messages of base and nodes."""

    def asked(self, line):
        kind, *fields = line.split("\t")
        if kind == "S" and len(fields) == 1:
            self.know(fields[0])
        elif kind == "G" and not self.ending:
            self.used, self.announced = time.monotonic(), True
            if self.base is None or (self.base.ready and self.base.modules is None):
                return self.build_base()
        elif kind == "U" and len(fields) >= 8:
            self.used = time.monotonic()
            pid, ticket, script = fields[0], fields[1], fields[7]
            self.know(script)
            self.current = script
            record = self.nodes.get(script)
            if script in self.hopeless or self.ending:
                answer(pid, "N")
            elif record is not None and record.ready:
                self.hand_over(record, line, pid, ticket)
            else:
                if record is None:
                    record = self.nodes[script] = NodeRecord(0, script, [])
                record.waiting.append(line)
                answer(pid, "W")
        return None

    def know(self, script):
        if script not in self.scripts:
            self.scripts.append(script)

    def hand_over(self, record, line, pid, ticket):
        record.used = self.used
        if send(record.control, line):
            record.running[ticket] = pid
        else:
            answer(pid, "N")

    def told(self, line):
        kind, number, *fields = line.split("\t")
        record = self.base if number == "0" else self.by_number.get(int(number))
        if record is None:
            return
        if kind == "H":
            record.pid = int(fields[0])
            record.control = os.open("%s/node-%s" % (self.work, number), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self.poll.register(record.control, 0)
        elif kind == "I":
            record.importing = fields[0]
        elif kind == "V":
            name, origin, reason = fields
            self.shared.cache.refuse(name, origin, reason)
            self.say("not imported ahead: %s: %s" % (name, reason))
            record.spoiled = record.spoiled or not reason.startswith("cannot be imported")
        elif kind == "R":
            self.is_ready(record, float(fields[0]))
        elif kind == "F":
            record.running.pop(fields[0], None)
            record.used = self.used = time.monotonic()
            self.learn(record)
        elif kind == "Z":
            self.is_stale(fields[0])
        elif kind in "DX":
            self.is_lost(record, fields[0] if fields else "ended")

    def is_ready(self, record, seconds):
        record.ready, record.seconds = True, seconds
        # That is when memory grows.
        self.measured = -MEMORY_EVERY_SECONDS
        self.say("%s is ready after %.2f s, %d modules" % (record.script or "base", seconds, len(record.modules)))
        self.shared.cache.save()
        if record is self.base:
            return
        if self.successors.get(record.script) is record:
            del self.successors[record.script]
            old = self.nodes.get(record.script)
            if old is not None:
                self.drop(old)
            self.nodes[record.script] = record
        for line in record.waiting:
            fields = line.split("\t", 3)
            self.hand_over(record, line, fields[1], fields[2])
        record.waiting = []

    def learn(self, record):
        prefix = "learned-%d-" % record.number
        for name in os.listdir(self.work):
            if name.startswith(prefix) and not name.endswith(".tmp"):
                path = self.work + "/" + name
                # All of a script's first note is new to the cache, and little of it to the node.
                new = min(self.shared.cache.learn(record.script, read_modules(path)), int(name.rsplit("-", 1)[1]))
                os.unlink(path)
                account = self.relearned.setdefault(record.script, [0, 0, 0])
                account[0], account[2] = account[0] + new, account[2] + 1
        # A server may be killed at any time: what is known by then is not to be lost.
        self.shared.cache.save()

    def is_stale(self, path):
        self.say("changed on disk: " + path)
        if self.files.changed() is not None:
            self.ending = True
            return
        for record in list(self.nodes.values()):
            if record.ready:
                self.drop(record)
        self.tries, self.hopeless, self.relearned, self.scans = {}, {}, {}, {}
        if self.base is not None and self.base.child:
            os.close(self.base_control)
        self.base = None
