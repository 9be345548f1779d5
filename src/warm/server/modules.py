"""What is loaded, and where it comes from."""

import os
import sys

from .head import BARE_MODULES


def stat_of(path):
    try:
        about = os.stat(path)
    except OSError:
        return None
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def contents(module):
    """What lies in a module: some load themselves when they are asked for anything."""
    try:
        inside = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return inside if isinstance(inside, dict) else {}


def fact(module, name):
    return contents(module).get(name)


def origin_of(module):
    spec = fact(module, "__spec__")
    origin = getattr(spec, "origin", None)
    return origin if isinstance(origin, str) else ""


def loaded_modules():
    """(name, origin) of what is loaded and could be imported by that name, in the order in which it came."""
    found = []
    for name, module in list(sys.modules.items()):
        if name in BARE_MODULES or name.startswith("__") or "\t" in name or "\n" in name:
            continue
        if getattr(fact(module, "__spec__"), "name", None) == name and "_LazyModule" != type(module).__name__:
            found.append((name, origin_of(module)))
    return found


def place_of(module_name):
    return origin_of(sys.modules.get(module_name)) if module_name in sys.modules else ""


def read_modules(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return [tuple(line.split("\t")) for line in file.read().split("\n") if "\t" in line]


def script_folder(script):
    return os.path.dirname(os.path.realpath(script))


def names_beside(script):
    """What lies in the folder of a script stands before all packages of that name."""
    try:
        return {name.partition(".")[0] for name in os.listdir(script_folder(script)) if name.endswith(".py") or "." not in name}
    except OSError:
        return set()


class Files:
    """The files that this process has loaded, as they were: a change makes it stale."""

    def __init__(self, extra=()):
        paths = {origin for _, origin in loaded_modules()} | {origin_of(sys.modules[name]) for name in BARE_MODULES & set(sys.modules)}
        paths |= {path for path in sys.path if path.endswith("-packages")} | set(extra)
        self.known = {path: stat_of(path) for path in paths if path.startswith("/")}

    def changed(self):
        return next((path for path, about in self.known.items() if stat_of(path) != about), None)
