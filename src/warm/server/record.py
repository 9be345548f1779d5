"""What the root knows of its processes."""

import time


class NodeRecord:
    """What the root knows of a node; of the base, too, as number 0."""

    def __init__(self, number, script, modules):
        self.number = number
        self.script = script
        self.modules = modules
        self.pid = None
        self.child = None
        self.control = None
        self.ready = False
        self.importing = None
        self.spoiled = False
        self.began = time.monotonic()
        self.used = self.began
        self.seconds = 0.0
        self.waiting = []
        self.running = {}
