"""A process that has imported what the known scripts share, and forks nodes."""

import os
import select

from .head import TICK_SECONDS
from .importing import import_ahead, report
from .modules import read_modules
from .node import Node, catch_output
from .processes import Lines, close_all_but, ended_children, fork, send, words


class Base:
    """Has imported what the known scripts share, and forks nodes."""

    def __init__(self, shared, modules, control):
        self.shared = shared
        self.modules = modules
        self.control = control

    def tell(self, kind, *fields):
        return send(self.shared.events, "\t".join((kind, "0") + fields))

    def run(self):
        shared = self.shared
        shared.ignore_signals()
        close_all_but(set(shared.fds) | {0, 1, 2, shared.events, self.control})
        try:
            catch_output(shared.work)
        except OSError:
            os._exit(1)
        try:
            outcome = import_ahead(self.modules, shared.cache, lambda name: self.tell("I", name))
        except Exception as error:
            self.tell("D", "fails: %s" % words(error))
            os._exit(1)
        report(self.tell, outcome, shared.cache)
        self.tell("R", "%.3f" % outcome.seconds)
        return self.serve()

    def serve(self):
        control, poll, ended, numbers = Lines(self.control), select.poll(), False, {}
        os.set_blocking(self.control, False)
        poll.register(self.control, select.POLLIN)
        while not ended:
            poll.poll(TICK_SECONDS * 1000)
            lines, ended = control.read()
            for line in lines:
                number, script = line.split("\t")
                modules = read_modules("%s/modules-%s" % (self.shared.work, number))
                pid = fork()
                if pid == 0:
                    return Node(self.shared, int(number), script, modules)
                numbers[pid] = number
            for pid in ended_children():
                send(self.shared.events, "X\t%s" % numbers.pop(pid, "0"))
        os._exit(0)
