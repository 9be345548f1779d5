"""Bases and nodes: made, lost, made again, given up, dropped."""

import _signal
import os
import time

from .base import Base
from .head import BUILD_TRIES, CHANGED_SIGNALS, NODES_AHEAD, RELEARN_MODULES, RELEARN_TIMES, RELEARN_UNITS
from .lists import Lists
from .node import Node
from .processes import answer, fork, send, write_whole
from .record import NodeRecord


class Building(Lists):
    """The root's processes."""

    def fork(self):
        pid = None
        _signal.pthread_sigmask(_signal.SIG_BLOCK, CHANGED_SIGNALS)
        try:
            pid = fork()
        finally:
            # The new process takes signals once it has set aside what is its parent's.
            if pid != 0:
                _signal.pthread_sigmask(_signal.SIG_SETMASK, self.shared.mask)
        return pid

    def build_base(self):
        """In the new process: the base."""
        self.base_control = None
        modules = self.shared_modules()
        self.base = NodeRecord(0, "", modules or [])
        if modules is None or self.tries.get("", 0) > BUILD_TRIES:
            self.base.ready, self.base.modules = True, None
            return None
        self.base_names = {name for name, _ in modules}
        reading, self.base_control = os.pipe()
        try:
            self.base.child = self.fork()
        except OSError:
            self.base.child = None
            self.base.ready, self.base.modules = True, None
            return None
        if self.base.child == 0:
            os.close(self.base_control)
            return Base(self.shared, modules, reading)
        os.close(reading)
        return None

    def build_node(self, script, record):
        """In the new process: the node."""
        self.by_number[record.number] = record
        control = "%s/node-%d" % (self.work, record.number)
        try:
            os.mkfifo(control, 0o600)
            if self.fits_base(script, record.modules):
                text = "".join("%s\t%s\n" % module for module in record.modules)
                if write_whole("%s/modules-%d" % (self.work, record.number), text):
                    if send(self.base_control, "%d\t%s" % (record.number, script)):
                        return None
            record.child = self.fork()
        except OSError as error:
            self.give_up(record, str(error))
            return None
        return Node(self.shared, record.number, script, record.modules) if record.child == 0 else None

    def new_record(self, script):
        self.numbers += 1
        return NodeRecord(self.numbers, script, self.modules_of(script))

    def make_ahead(self):
        """While units of one script run, nodes of the next ones that a run has named are made: each once, one after the other."""
        if not self.announced or self.base is None or not self.base.ready:
            return
        if any(not record.ready for record in self.nodes.values()):
            return
        at = self.scripts.index(self.current) + 1 if self.current in self.scripts else 0
        for script in self.scripts[at : at + NODES_AHEAD]:
            if script not in self.made_ahead and script not in self.nodes and script not in self.hopeless:
                self.made_ahead.add(script)
                self.nodes[script] = NodeRecord(0, script, [])
                return

    def advance(self):
        """Builds what is waited for. In a new process: its role."""
        waiting = [record for record in self.nodes.values() if record.number == 0]
        if not waiting:
            return None
        if self.base is None:
            role = self.build_base()
            if role is not None:
                return role
        if not self.base.ready:
            return None
        for record in waiting:
            self.numbers += 1
            record.number, record.began = self.numbers, time.monotonic()
            record.modules = self.modules_of(record.script)
            role = self.build_node(record.script, record)
            if role is not None:
                return role
        return None

    def refuse(self, record, reason):
        name = record.importing
        if name is None:
            return False
        reason = "ends the process" if reason.startswith("ended") else reason
        self.shared.cache.refuse(name, "", reason)
        self.say("not imported ahead: %s: %s" % (name, reason))
        return True

    def is_lost(self, record, reason):
        """A base or node has ended, or will not be ready: tried again without what ended it, or given up."""
        if record.number and self.by_number.pop(record.number, None) is None:
            return
        self.forget(record)
        building = not record.ready
        if building and not record.spoiled:
            record.spoiled = self.refuse(record, reason)
        self.shared.cache.save()
        for ticket, pid in record.running.items():
            if os.path.exists(ticket):
                answer(pid, "N")
        record.running = {}
        key = record.script
        if building:
            self.tries[key] = self.tries.get(key, 0) + 1
        if record is self.base:
            self.say("base: " + reason)
            self.base = None
            return
        if self.nodes.get(key) is not record:
            self.successors.pop(key, None)
            return
        del self.nodes[key]
        self.say("%s: %s" % (key, reason))
        if building and (not record.spoiled or self.tries[key] > BUILD_TRIES):
            self.give_up(record, reason)
        elif record.waiting:
            again = NodeRecord(0, key, [])
            again.waiting = record.waiting
            self.nodes[key] = again

    def give_up(self, record, reason):
        self.hopeless[record.script] = reason
        self.say("%s is started plainly: %s" % (record.script, reason))
        for line in record.waiting:
            answer(line.split("\t", 2)[1], "N")
        record.waiting = []
        self.nodes.pop(record.script, None)

    def forget(self, record):
        if record.control is not None:
            self.poll.unregister(record.control)
            os.close(record.control)
            record.control = None
        for name in ("node", "modules"):
            try:
                os.unlink("%s/%s-%d" % (self.work, name, record.number))
            except OSError:
                pass

    def drop(self, record):
        """It ends when its units have."""
        self.by_number.pop(record.number, None)
        self.forget(record)
        if self.nodes.get(record.script) is record:
            del self.nodes[record.script]

    def renew(self):
        """Nodes whose units were seen to load more than was imported ahead. In a new process: its role."""
        for script, account in self.relearned.items():
            record = self.nodes.get(script)
            if record is None or not record.ready or script in self.successors:
                continue
            if account[0] < RELEARN_MODULES or account[1] >= RELEARN_TIMES or account[2] < RELEARN_UNITS:
                continue
            account[:] = 0, account[1] + 1, 0
            successor = self.successors[script] = self.new_record(script)
            role = self.build_node(script, successor)
            if role is not None:
                return role
        return None

    def buried(self, pid):
        for record in [self.base] + list(self.by_number.values()):
            if record is not None and record.child == pid:
                self.is_lost(record, "ended while %s was imported" % record.importing if record.importing else "ended")
                return
