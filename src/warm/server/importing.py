"""Importing ahead."""

import builtins
import gc
import os
import sys
import time

from .modules import origin_of, place_of
from .watch import Watch


class Importing:
    """The outcome of importing a list ahead."""

    def __init__(self):
        self.refused = {}
        self.seconds = 0.0
        self.names = set()


def import_ahead(modules, cache, told=lambda name: None):
    """Imports a list of (name, origin) in order. With `refused` in the outcome this process is of no use any more.

    What is loaded then is out of the garbage collector's sight. Each unit would look through it once when it ends, and
    so make a copy of most of it: half a second, where the unit's own objects take a tenth.
    """
    outcome = Importing()
    began = time.monotonic()
    threshold = gc.get_threshold()
    gc.set_threshold(0)
    with Watch() as watch:
        for name, origin in modules:
            if cache.is_refused(name):
                continue
            outcome.names.add(name)
            module = sys.modules.get(name)
            if module is None:
                told(name)
                try:
                    builtins.__import__(name)
                except BaseException as error:
                    outcome.refused[name] = "cannot be imported: %s" % type(error).__name__
                    continue
                module = sys.modules.get(name)
            if origin and origin_of(module) != origin:
                watch.findings.setdefault(name, "comes from another file")
        watch.find_random_generators()
    outcome.refused.update(watch.refused())
    # Unless a module has chosen its own.
    if gc.get_threshold() == (0,) + threshold[1:]:
        gc.set_threshold(*threshold)
    gc.collect()
    gc.freeze()
    outcome.seconds = time.monotonic() - began
    return outcome


def report(tell, outcome, cache):
    """Tells the root what cannot be imported ahead; ends this process where such a module is loaded by now."""
    spoiled = False
    for name, reason in outcome.refused.items():
        spoiled = spoiled or not reason.startswith("cannot be imported")
        tell("V", name, place_of(name), reason[:500])
    if spoiled:
        tell("D", "spoiled")
        os._exit(3)
