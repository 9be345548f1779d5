"""What scripts have loaded before."""

import sys

from .head import DENIED
from .modules import stat_of
from .processes import write_whole


class Cache:
    """What is known of an environment, from one server to the next. Text, a line each:

    S script / M name origin (of the script above) / R name stat-of-origin reason (not to be imported ahead)
    """

    HEAD = "fractal-temporal warm 1"

    def __init__(self, path):
        self.path = path
        self.scripts = {}
        self.refused = {}
        self.changed = False
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().split("\n")
        except OSError:
            return
        if lines[0] != "%s %d.%d" % ((self.HEAD,) + sys.version_info[:2]):
            return
        modules = []
        for kind, *fields in (line.split("\t") for line in lines[1:]):
            if kind == "S" and len(fields) == 1:
                modules = self.scripts[fields[0]] = []
            elif kind == "M" and len(fields) == 2:
                modules.append((fields[0], fields[1]))
            elif kind == "R" and len(fields) == 4 and repr(stat_of(fields[1])) == fields[2]:
                self.refused[fields[0]] = (fields[1], fields[3])

    def refuse(self, name, origin, reason):
        if name not in self.refused:
            self.refused[name] = (origin, reason)
            self.changed = True

    def is_refused(self, name):
        parts = name.split(".")
        if parts[0] in DENIED:
            return True
        return any(".".join(parts[:count]) in self.refused for count in range(1, len(parts) + 1))

    def learn(self, script, modules):
        """Adds what a unit has loaded; returns how many modules were not known before."""
        known = self.scripts.get(script)
        if known is None:
            self.scripts[script] = modules
            self.changed = True
            return len(modules)
        names = {name for name, _ in known}
        new = [(name, origin) for name, origin in modules if name not in names]
        if new:
            self.scripts[script] = known + new
            self.changed = True
        return len(new)

    def save(self):
        if not self.changed or not self.path:
            return
        lines = ["%s %d.%d" % ((self.HEAD,) + sys.version_info[:2])]
        for script, modules in self.scripts.items():
            lines.append("S\t" + script)
            lines.extend("M\t%s\t%s" % module for module in modules)
        for name, (origin, reason) in self.refused.items():
            lines.append("R\t%s\t%s\t%r\t%s" % (name, origin, stat_of(origin), reason))
        if write_whole(self.path, "\n".join(lines) + "\n"):
            self.changed = False
