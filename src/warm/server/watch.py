"""What modules do while they are imported that a unit would miss, or share with others."""

import builtins
import os
import sys
import time

from .head import BARE_MODULES, FILE_LOOK_SECONDS, FILE_LOOKS, HARMLESS_READERS, HARMLESS_THREADS, RENEWED
from .modules import contents
from .processes import fork

OPENS = "opens a file or a socket"


class WatchedArguments(list):
    """sys.argv while modules are imported ahead: it notes that it was read."""

    reads = 0

    def _noted(name):
        method = getattr(list, name)

        def noted(self, *rest):
            WatchedArguments.reads += 1
            return method(self, *rest)

        return noted

    for _method in ("__getitem__", "__iter__", "__len__", "__contains__", "__add__", "__eq__", "copy", "index"):
        locals()[_method] = _noted(_method)
    del _method, _noted


class Watch:
    """What modules do while they are imported that a unit would miss, or share with others, if it was done before.

    `findings` has (module, reason). Each change is put down to the innermost module whose code runs.
    """

    def __init__(self):
        self.running = []
        self.findings = {}
        self.importers = {}
        self.cwd_reads = 0
        self.arguments = WatchedArguments([""])
        self.restores = []
        self.before = None

    def __enter__(self):
        loaders = sys.modules["_frozen_importlib_external"]
        self._replace(loaders._LoaderBasics, "exec_module", self._watched)
        self._replace(loaders.ExtensionFileLoader, "create_module", self._watched)
        self._replace(loaders.ExtensionFileLoader, "exec_module", self._watched)
        self._replace(builtins, "__import__", self._noting_importer)
        self._replace(os, "getcwd", self._noting_cwd)
        self._replace(sys, "argv", lambda _: self.arguments)
        self.before = self._state()
        return self

    def __exit__(self, *_):
        self._look()
        for owner, name, value in reversed(self.restores):
            setattr(owner, name, value)
        # The list, an argument of getrefcount, our own name for it: whoever took it with `from sys import argv` is one more.
        if sys.getrefcount(self.arguments) > 2:
            for name, module in list(sys.modules.items()):
                if any(value is self.arguments for value in contents(module).values()):
                    self.findings.setdefault(name, "keeps sys.argv")

    def _replace(self, owner, name, make):
        value = getattr(owner, name)
        self.restores.append((owner, name, value))
        setattr(owner, name, make(value))

    def _watched(self, method):
        def watched(loader, subject):
            name = getattr(subject, "__name__", None) or getattr(subject, "name", "")
            self._look()
            if self.running:
                self.importers.setdefault(self.running[-1], set()).add(name)
            self.running.append(name)
            try:
                return method(loader, subject)
            finally:
                self._look()
                self.running.pop()

        return watched

    def _noting_importer(self, method):
        def importing(name, globals=None, locals=None, fromlist=(), level=0):
            # A function of a module that is there already imports for whoever has called it: the module that runs.
            if globals is not None and self.running:
                package = globals.get("__package__") or ""
                parent = package.rsplit(".", level - 1)[0] if level > 1 else package
                full = name if not level else parent + "." + name if name else parent
                wanted = self.importers.setdefault(self.running[-1], set())
                wanted.add(full)
                wanted.update(full + "." + item for item in fromlist or () if isinstance(item, str))
            return method(name, globals, locals, fromlist, level)

        return importing

    def _noting_cwd(self, method):
        def getcwd():
            callers = sys._getframe(1), sys._getframe(1).f_back
            if not any(frame is not None and frame.f_code.co_name in HARMLESS_READERS for frame in callers):
                self.cwd_reads += 1
            return method()

        return getcwd

    def _state(self):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        return {
            "prints": os.fstat(1).st_size + os.fstat(2).st_size,
            "starts a thread": len(os.listdir("/proc/self/task")),
            OPENS: set(os.listdir("/proc/self/fd")),
            "reads sys.argv": WatchedArguments.reads,
            "reads the current folder": self.cwd_reads,
            "replaces __import__": id(builtins.__import__),
        }

    def _look(self):
        after = self._state()
        if after == self.before:
            return
        if self._opened(after) and len(os.listdir("/proc/self/task")) > 1:
            after = self._settled(after)
        name = self.running[-1] if self.running else ""
        for reason, value in after.items():
            if value == self.before[reason] or (reason == "starts a thread" and self._threads_are_harmless()):
                continue
            if reason == OPENS and not self._opened(after):
                continue
            if (name, reason) not in RENEWED:
                self.findings.setdefault(name, reason)
        self.before = self._state()

    def _opened(self, after):
        """What is closed meanwhile does not count: it may have been a thread's, open when it was looked at last."""
        return after[OPENS] - self.before[OPENS]

    def _settled(self, after):
        """A thread may hold a file for a moment: what counts is what stays open."""
        for _ in range(FILE_LOOKS):
            time.sleep(FILE_LOOK_SECONDS)
            after = self._state()
            if not self._opened(after):
                break
        return after

    @staticmethod
    def _threads_are_harmless():
        # A library that ends its threads when the process forks (OpenBLAS) may start them again in a unit.
        pid = fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        names = []
        for task in os.listdir("/proc/self/task"):
            if int(task) != os.getpid():
                with open("/proc/self/task/%s/comm" % task) as file:
                    names.append(file.read().strip())
        return all(name in HARMLESS_THREADS for name in names)

    def find_random_generators(self):
        """Those that a module made when it was imported: all units would draw the same numbers."""
        numpy = sys.modules.get("numpy.random")
        kinds = tuple(getattr(numpy, kind) for kind in ("RandomState", "Generator", "BitGenerator") if hasattr(numpy, kind))
        python = sys.modules.get("random")
        kinds += (python.Random,) if python is not None else ()
        system = (python.SystemRandom,) if python is not None else ()
        own = {id(getattr(python, "_inst", None)), id(getattr(getattr(numpy, "mtrand", None), "_rand", None))}
        for name, module in list(sys.modules.items()):
            if not kinds or name in BARE_MODULES:
                continue
            for value in list(contents(module).values()):
                # `isinstance` would ask objects that stand for others, and make them load what they stand for.
                kind = type(value)
                if issubclass(kind, kinds) and not issubclass(kind, system) and id(value) not in own:
                    self.findings.setdefault(name, "holds a generator of random numbers")

    def refused(self):
        """The modules of the findings, and all that import them."""
        reasons = {name: reason for name, reason in self.findings.items() if name}
        grown = True
        while grown:
            grown = False
            for importer, wanted in self.importers.items():
                if importer in reasons or importer in (None, "__main__"):
                    continue
                through = next((name for name in reasons if name in wanted), None)
                if through is not None:
                    why = reasons[through]
                    reasons[importer] = why if why.startswith("imports ") else "imports %s, which %s" % (through, why)
                    grown = True
        return reasons
