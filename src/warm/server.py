"""Warm interpreters: forks the units of Python tasks from processes that have imported their modules already.

docs/warm-start.md says what is promised. One file, the standard library alone, Python 3.9 to 3.14, run by the task's own
interpreter:

    root (imports nothing) -> base (what all known scripts share) -> node (what one script imports) -> units

Started by src/batch/launchers/warm.sh, which also is the other side of what is spoken here:

    request   S script                        a script that will be asked for
              U pid ticket umask cwd log lock environment script argument...
    answer    W                               wait: its modules are being imported
              N                               not started here, start it plainly
              P pid start-time                it has begun
              E status                        it has ended, as a shell reports it

Whoever removes the ticket starts the unit; nothing else decides it.
"""

import os
import sys
import time

BARE_MODULES = frozenset(sys.modules)

import _signal  # noqa: E402
import builtins  # noqa: E402
import fcntl  # noqa: E402
import gc  # noqa: E402
import select  # noqa: E402

# A unit finds what an interpreter that has just started holds, and what its own script has imported: nothing of ours.
for _name in set(sys.modules) - BARE_MODULES:
    del sys.modules[_name]

# --- Numbers, each with its reason ---------------------------------------------------------------------------------

# Of the reading side in src/batch/launchers/warm.sh.
REPLY_FD = 3
# Where the batch script has its lock (src/executors/local/process/launch.ts), and so a plain unit too.
LOCK_FD = 9
# How often what nobody tells is looked at: the script that a job's server belongs to, memory, idle time.
TICK_SECONDS = 0.5
# Reading the memory of a process costs a millisecond or two.
MEMORY_EVERY_SECONDS = 20
# On a parallel file system imports may take minutes; what takes longer than this hangs.
BUILD_SECONDS = 300
# Each finds a module that cannot be imported ahead. What has more of them is started plainly.
BUILD_TRIES = 6
# A node is made anew when its units were seen to load at least so many more modules, after so many units that did, and
# no more often than that: making it costs as much as it saves some units, and few of most tasks are left by then.
RELEARN_MODULES = 8
RELEARN_UNITS = 8
RELEARN_TIMES = 2
# Of a script that nobody has run yet its text tells what it imports; a few steps find what scripts have in common.
SCAN_STEPS = 3
SCAN_MODULES = 300
# A pipe takes that many bytes whole or not at all: pipe(7).
ATOMIC_BYTES = 4096
# A long value in its place: the name of a unit's batch is written over it, for whoever looks into /proc/PID/environ.
PLACEHOLDER = "-" * 200
MARK = "FRACTAL_BATCH"

ENDING_SIGNALS = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP)
CHANGED_SIGNALS = ENDING_SIGNALS + (_signal.SIGCHLD,)

# Threads that are known to do no harm when a fork leaves them behind (docs/warm-start.md).
HARMLESS_THREADS = {"polars-ooc-clea", "jemalloc_bg_thd"}
# What these note down of their process is set anew in each unit (`reseed`).
RENEWED = {("multiprocessing.process", "reads the current folder")}
# Never imported ahead: they start devices, runtimes or servers, or are about the process that runs.
DENIED = frozenset(
    "IPython antigravity cupy idlelib jax jaxlib jpype mpi4py pdb pycuda pyspark ray rpy2 tensorflow this turtle".split()
)


# --- Small helpers -------------------------------------------------------------------------------------------------


def send(fd, text):
    """Writes a line at once; False when nobody reads, or when there is no room for it."""
    data = (text + "\n").encode("utf-8", "surrogateescape")
    if len(data) > ATOMIC_BYTES:
        return False
    try:
        return os.write(fd, data) == len(data)
    except OSError:
        return False


class Lines:
    """The lines of a pipe, as they come."""

    def __init__(self, fd):
        self.fd = fd
        self.rest = b""

    def read(self):
        """Whole lines that are there, and whether the pipe has ended."""
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return [], False
        except OSError:
            return [], True
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode("utf-8", "surrogateescape") for line in lines], data == b""


def answer(pid, text):
    """Answers a stub that holds its own pipe open for writing; False when it is gone."""
    try:
        fd = os.open("/proc/%s/fd/%d" % (pid, REPLY_FD), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return send(fd, text)
    finally:
        os.close(fd)


def words(error):
    return " ".join(("%s: %s" % (type(error).__name__, error)).split())[:500]


def start_time(pid="self"):
    """With its number this tells a process from every other: proc(5), field 22."""
    with open("/proc/%s/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[19]


def lives(pid, started):
    try:
        return start_time(pid) == started
    except (OSError, IndexError):
        return False


def open_fds():
    numbers = []
    for name in os.listdir("/proc/self/fd"):
        try:
            os.stat("/proc/self/fd/" + name)
        except OSError:
            continue  # That of the listing itself.
        numbers.append(int(name))
    return numbers


def close_all_but(kept):
    for fd in open_fds():
        if fd not in kept:
            os.close(fd)


def write_whole(path, text):
    """Replaces a file; whoever reads it sees the old text or the new one."""
    unfinished = "%s.%d.tmp" % (path, os.getpid())
    try:
        with open(unfinished, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        os.replace(unfinished, path)
        return True
    except OSError:
        try:
            os.unlink(unfinished)
        except OSError:
            pass
        return False


def memory_of(pid):
    """Bytes that the process has to itself, and its share of the others."""
    try:
        with open("/proc/%d/smaps_rollup" % pid) as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
    except (OSError, ValueError):
        return 0


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


def top_level_imports(path, package=""):
    """What a file imports when it is run, by its text: without `ast`, which would stay loaded."""
    try:
        with open(path, "rb") as file:
            tree = compile(file.read(), path, "exec", 0x400, True)  # PyCF_ONLY_AST
    except (OSError, SyntaxError, ValueError):
        return []
    names = []

    def walk(nodes):
        for node in nodes:
            kind = type(node).__name__
            if kind == "Import":
                names.extend(alias.name for alias in node.names)
            elif kind == "ImportFrom" and node.module != "__future__":
                parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                module = ".".join(parts + [node.module] * bool(node.module))
                if module:
                    names.append(module)
                    names.extend(module + "." + alias.name for alias in node.names if find_source(module + "." + alias.name)[0])
            elif kind == "If" and "TYPE_CHECKING" not in (getattr(node.test, "id", ""), getattr(node.test, "attr", "")):
                walk(node.body)

    walk(tree.body)
    return list(dict.fromkeys(names))


def find_source(name):
    """Text of an installed module, and the package that its relative imports are in; nothing for all others."""
    for folder in sys.path:
        if folder.endswith("-packages"):
            path = os.path.join(folder, *name.split("."))
            if os.path.isfile(path + ".py"):
                return path + ".py", name.rpartition(".")[0]
            if os.path.isfile(path + "/__init__.py"):
                return path + "/__init__.py", name
    return "", ""


def weight_of(modules):
    """Roughly what a list costs to import: its installed packages."""
    return sum("." not in name and bool(find_source(name)[0]) for name, _ in modules)


def likely_imports(script):
    """(name, "") of what a script imports, and what that imports in turn, some steps far."""
    found, front = {}, top_level_imports(script)
    for _ in range(SCAN_STEPS):
        # A package is imported before what lies in it.
        named = [whole for name in front for whole in (name.partition(".")[0], name)]
        new = [name for name in dict.fromkeys(named) if name not in found]
        found.update(dict.fromkeys(new))
        front = []
        for name in new:
            path, package = find_source(name)
            if path and len(found) < SCAN_MODULES:
                front.extend(top_level_imports(path, package))
    return [(name, "") for name in found]


# --- The cache: what scripts have loaded before --------------------------------------------------------------------


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


# --- Importing ahead -----------------------------------------------------------------------------------------------


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
        self.importer = builtins.__import__
        self.before = self._state()
        return self

    def __exit__(self, *_):
        self._look()
        if builtins.__import__ is not self.importer:
            self.findings.setdefault(self.running[-1] if self.running else "", "replaces __import__")
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
            self.running.append(name)
            try:
                return method(loader, subject)
            finally:
                self._look()
                self.running.pop()

        return watched

    def _noting_importer(self, method):
        def importing(name, globals=None, locals=None, fromlist=(), level=0):
            if globals is not None:
                importer, package = globals.get("__name__"), globals.get("__package__") or ""
                parent = package.rsplit(".", level - 1)[0] if level > 1 else package
                full = name if not level else parent + "." + name if name else parent
                wanted = self.importers.setdefault(importer, set())
                wanted.add(full)
                wanted.update(full + "." + item for item in fromlist or () if isinstance(item, str))
            return method(name, globals, locals, fromlist, level)

        return importing

    def _noting_cwd(self, method):
        def getcwd():
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
            "opens a file or a socket": os.listdir("/proc/self/fd"),
            "reads sys.argv": WatchedArguments.reads,
            "reads the current folder": self.cwd_reads,
        }

    def _look(self):
        after = self._state()
        if after == self.before:
            return
        name = self.running[-1] if self.running else ""
        for reason, value in after.items():
            if value == self.before[reason] or (reason == "starts a thread" and self._threads_are_harmless()):
                continue
            if (name, reason) not in RENEWED:
                self.findings.setdefault(name, reason)
        self.before = self._state()

    @staticmethod
    def _threads_are_harmless():
        # A library that ends its threads when the process forks (OpenBLAS) may start them again in a unit.
        pid = os.fork()
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


def place_of(module_name):
    return origin_of(sys.modules.get(module_name)) if module_name in sys.modules else ""


class Files:
    """The files that this process has loaded, as they were: a change makes it stale."""

    def __init__(self, extra=()):
        paths = {origin for _, origin in loaded_modules()} | {origin_of(sys.modules[name]) for name in BARE_MODULES & set(sys.modules)}
        paths |= {path for path in sys.path if path.endswith("-packages")} | set(extra)
        self.known = {path: stat_of(path) for path in paths if path.startswith("/")}

    def changed(self):
        return next((path for path, about in self.known.items() if stat_of(path) != about), None)


# --- Units ---------------------------------------------------------------------------------------------------------


class Request:
    def __init__(self, line):
        _, self.pid, self.ticket, umask, self.cwd, self.log, self.lock, self.environment, self.script, *self.arguments = line.split("\t")
        self.umask = int(umask, 8)


def reseed():
    """What siblings would share and a process has of its own. `random` does it by itself after a fork."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
    process = sys.modules.get("multiprocessing.process")
    if process is not None:
        process.ORIGINAL_DIR = os.getcwd()
        process._current_process._config["authkey"] = process.AuthenticationString(os.urandom(32))
    logging = sys.modules.get("logging")
    if logging is not None:
        logging._startTime = time.time_ns() if sys.version_info >= (3, 13) else time.time()


def write_mark(value):
    """Writes the name of the batch where others look for it; os.environ alone does not change that."""
    try:
        with open("/proc/self/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(start)
            block = memory.read(end - start)
            at = block.find(("%s=%s" % (MARK, PLACEHOLDER)).encode())
            if at >= 0 and len(value) <= len(PLACEHOLDER):
                memory.seek(start + at + len(MARK) + 1)
                memory.write(value.encode().ljust(len(PLACEHOLDER), b"\0"))
    except (OSError, ValueError, IndexError):
        pass


class Unit:
    """A process that becomes a unit: what the interpreter would have made of itself, had it been started for it."""

    def __init__(self, request, reply, begun, node):
        self.request = request
        self.reply = reply
        self.begun = begun
        self.node = node

    def begin(self):
        """Returns code and namespace of the script. Whatever fails before the ticket is taken ends in a plain start."""
        request, shared = self.request, self.node.shared
        os.setsid()
        for number, action in shared.signals.items():
            if action is not None:
                _signal.signal(number, action)
        log = os.open(request.log, os.O_WRONLY | os.O_APPEND)
        null = os.open("/dev/null", os.O_RDONLY)
        lock = self._locked(request.lock)
        environment = self._environment(request.environment)
        os.chdir(request.cwd)
        os.umask(request.umask)
        os.unlink(request.ticket)
        if not send(self.reply, "P %d %s" % (os.getpid(), start_time())):
            os._exit(1)
        os.write(self.begun, b".")
        # Above all that are in use, so that none lies where another is to go.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in (null, log, log)]
        for fd, copy in enumerate(high):
            os.dup2(copy, fd)
        kept = set(shared.fds) | {0, 1, 2}
        if lock is not None:
            if lock != LOCK_FD:
                os.dup2(lock, LOCK_FD)
            os.set_inheritable(LOCK_FD, True)
            kept.add(LOCK_FD)
        close_all_but(kept)
        self._apply(environment)
        write_mark(environment.get(MARK, ""))
        reseed()
        sys.argv = [request.script] + request.arguments
        if hasattr(sys, "orig_argv"):
            sys.orig_argv = [sys.orig_argv[0]] + sys.argv
        main = self._main_module()
        _signal.pthread_sigmask(_signal.SIG_SETMASK, shared.mask)
        return main.__dict__

    @staticmethod
    def _locked(path):
        if not path:
            return None
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(fd, fcntl.LOCK_SH)
        return fd

    @staticmethod
    def _environment(path):
        with open(path, "rb") as file:
            pairs = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
        return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}

    def _apply(self, environment):
        # Only differences: what modules have set when they were imported stays.
        before = self.node.shared.environment
        for name in before.keys() - environment.keys():
            os.environ.pop(name, None)
        for name, value in environment.items():
            if before.get(name) != value:
                os.environ[name] = value
        if "PWD" in os.environ:
            os.environ["PWD"] = self.request.cwd

    def _main_module(self):
        old = sys.modules["__main__"]
        main = type(old)("__main__")
        if "__annotations__" in vars(old):
            main.__annotations__ = {}
        main.__builtins__ = builtins
        main.__file__ = self.request.script
        if "__cached__" in vars(old):
            main.__cached__ = None
        main.__loader__ = type(old.__loader__)("__main__", self.request.script)
        sys.modules["__main__"] = main
        return main

    def compiled(self):
        with open(self.request.script, "rb") as file:
            return compile(file.read(), self.request.script, "exec", dont_inherit=True)

    def learn(self):
        """Leaves a note of what was loaded, where that is more than was imported ahead."""
        node = self.node
        modules = loaded_modules()
        new = sum(name not in node.expected for name, _ in modules)
        # A script that has no note yet would be scanned anew by each server, however well the scan has done.
        if node.noted and new == 0:
            return
        text = "".join("%s\t%s\n" % module for module in modules)
        write_whole("%s/learned-%d-%d-%d" % (node.shared.work, node.number, os.getpid(), new), text)


# --- Nodes ---------------------------------------------------------------------------------------------------------


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


def script_folder(script):
    return os.path.dirname(os.path.realpath(script))


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
        every = range(1, _signal.NSIG)
        _signal.pthread_sigmask(_signal.SIG_BLOCK, every)
        try:
            pid = os.fork()
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


def report(tell, outcome, cache):
    """Tells the root what cannot be imported ahead; ends this process where such a module is loaded by now."""
    spoiled = False
    for name, reason in outcome.refused.items():
        spoiled = spoiled or not reason.startswith("cannot be imported")
        tell("V", name, place_of(name), reason[:500])
    if spoiled:
        tell("D", "spoiled")
        os._exit(3)


# --- The base ------------------------------------------------------------------------------------------------------


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
                pid = os.fork()
                if pid == 0:
                    return Node(self.shared, int(number), script, modules)
                numbers[pid] = number
            for pid in ended_children():
                send(self.shared.events, "X\t%s" % numbers.pop(pid, "0"))
        os._exit(0)


def ended_children():
    """Numbers of children that have ended since; they are buried here."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid


def read_modules(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return [tuple(line.split("\t")) for line in file.read().split("\n") if "\t" in line]


# --- The root ------------------------------------------------------------------------------------------------------


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


class Root:
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

    # What is written down.

    def say(self, text):
        try:
            with open(self.folder + "/log", "a") as file:
                file.write("%.1f %s\n" % (time.time(), text))
        except OSError:
            pass

    # Lists of modules.

    def modules_of(self, script):
        """What a script is expected to import, without what cannot be imported ahead.

        A base that was made before a refusal does not know of it: so its nodes are given lists that hold none.
        """
        cache = self.shared.cache
        modules = cache.scripts.get(script)
        if not modules:
            if script not in self.scans:
                self.scans[script] = likely_imports(script)
            modules = self.scans[script]
        return [module for module in modules if not cache.is_refused(module[0])]

    def shared_modules(self):
        """What most known scripts import, for those that import all of it; None where too few do."""
        rest = [self.modules_of(script) for script in self.scripts]
        if not rest:
            return None
        modules = max(rest, key=weight_of)
        rest.remove(modules)
        best, best_count, count = modules, 1, 1
        while rest:
            # The one that takes the least away comes next; what counts is how much is saved for how many.
            cut = [[module for module in modules if module[0] in names] for names in ({n for n, _ in other} for other in rest)]
            place = max(range(len(cut)), key=lambda place: weight_of(cut[place]))
            modules, count = cut[place], count + 1
            del rest[place]
            if weight_of(modules) * (count - 1) >= weight_of(best) * (best_count - 1):
                best, best_count = modules, count
        modules, count = best, best_count
        local = set()
        for script in self.scripts:
            local |= names_beside(script)
        modules = [module for module in modules if module[0].partition(".")[0] not in local]
        return modules if count > 1 and modules else None

    # Processes.

    def fork(self):
        pid = None
        _signal.pthread_sigmask(_signal.SIG_BLOCK, CHANGED_SIGNALS)
        try:
            pid = os.fork()
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

    def fits_base(self, script, modules):
        if self.base.modules is None or not self.base.ready or self.base.spoiled:
            return False
        own = {name for name, _ in modules}
        beside = names_beside(script)
        return self.base_names <= own and not any(name.partition(".")[0] in beside for name in self.base_names)

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

    # Events.

    def asked(self, line):
        kind, *fields = line.split("\t")
        if kind == "S" and len(fields) == 1:
            self.know(fields[0])
        elif kind == "G" and not self.ending:
            self.used = time.monotonic()
            if self.base is None or (self.base.ready and self.base.modules is None):
                return self.build_base()
        elif kind == "U" and len(fields) >= 8:
            self.used = time.monotonic()
            pid, ticket, script = fields[0], fields[1], fields[7]
            self.know(script)
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

    def buried(self, pid):
        for record in [self.base] + list(self.by_number.values()):
            if record is not None and record.child == pid:
                self.is_lost(record, "ended while %s was imported" % record.importing if record.importing else "ended")
                return

    # Time.

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

    def limit_memory(self):
        """Least used first. Servers beside this one count as well: each writes down what it has. 0: the job's limit is enough."""
        if not self.max_bytes:
            return
        records = [record for record in self.by_number.values() if record.ready and record.pid]
        sizes = {record.number: memory_of(record.pid) for record in records}
        own = sum(sizes.values()) + (memory_of(self.base.child) if self.base is not None and self.base.child else 0)
        write_whole(self.folder + "/usage", "%d %d\n" % (own, time.time() - (time.monotonic() - self.used)))
        others = self.usage_of_others()
        total = own + sum(size for size, _ in others)
        for record in sorted(records, key=lambda record: record.used):
            if total <= self.max_bytes:
                return
            if record.running or record.waiting:
                continue
            if others and min(used for _, used in others) < time.time() - (time.monotonic() - self.used):
                return  # Another server has not been used for longer: it is the one to make room.
            self.say("dropped for its memory: " + record.script)
            self.drop(record)
            total -= sizes[record.number]
        if total > self.max_bytes and not any(record.running for record in records):
            self.ending = True

    def usage_of_others(self):
        found = []
        above = os.path.dirname(self.folder)
        for name in os.listdir(above):
            if os.path.join(above, name) == self.folder:
                continue
            try:
                with open("%s/%s/pid" % (above, name)) as file:
                    if not lives(*file.read().split()):
                        continue
                with open("%s/%s/usage" % (above, name)) as file:
                    size, used = file.read().split()
                found.append((int(size), int(used)))
            except (OSError, ValueError, TypeError):
                continue
        return found

    # The loop.

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


def kill(pid):
    try:
        os.kill(pid, _signal.SIGKILL)
    except OSError:
        pass


def names_beside(script):
    """What lies in the folder of a script stands before all packages of that name."""
    try:
        return {name.partition(".")[0] for name in os.listdir(script_folder(script)) if name.endswith(".py") or "." not in name}
    except OSError:
        return set()


def remove_folder(folder):
    try:
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
    except OSError:
        pass


# --- Explaining ----------------------------------------------------------------------------------------------------


def explain(script, cache_path):
    """Imports ahead what a node of the script would, and prints what came of it."""
    cache = Cache(cache_path)
    known = cache.scripts.get(script)
    modules = known or likely_imports(script)
    for _ in range(BUILD_TRIES + 1):
        reading, writing = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            return ("child", writing, modules, cache)
        os.close(writing)
        lines = []
        with open(reading, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        os.waitpid(pid, 0)
        for kind, *fields in lines:
            if kind == "V":
                cache.refuse(fields[0], fields[1], fields[2])
        done = next((fields for kind, *fields in lines if kind == "R"), None)
        if done is not None:
            break
    source = "what its units have loaded before" if known else "its own text"
    print("script: %s" % script)
    print("known from: %s" % source)
    if done is None:
        print("cannot be warmed: its units are started plainly")
        return None
    print("imported ahead: %s modules" % done[1])
    print("seconds gained by each unit: %s" % done[0])
    refused = [(name, cache.refused.get(name, ("", ""))[1]) for name in dict.fromkeys([*cache.refused, *(name for name, _ in modules)]) if cache.is_refused(name)]
    print("not imported ahead: %d modules" % len(refused))
    for name, reason in refused:
        print("  %s: %s" % (name, reason or ("on the list of those that never are" if name.partition(".")[0] in DENIED else "its package is not")))
    for name, _ in modules if "--all" in sys.argv else ():
        print("  + " + name)
    return None


def explain_child(script, writing, modules, cache):
    catch_output(os.environ.get("TMPDIR", "/tmp"))
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, script_folder(script))

    def tell(kind, *fields):
        send(writing, "\t".join((kind,) + fields))
        return True

    outcome = import_ahead(modules, cache)
    report(tell, outcome, cache)
    tell("R", "%.2f" % outcome.seconds, str(len(loaded_modules())))
    os._exit(0)


# --- The program ---------------------------------------------------------------------------------------------------


def without_own_folder():
    """Of this file: a script of its own would have its own in this place."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path_importer_cache.pop(sys.path.pop(0), None)


def main():
    """Returns in the process of a unit only, with the unit."""
    without_own_folder()
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    if mode == "explain":
        role = explain(sys.argv[2], sys.argv[3])
        if role is not None:
            explain_child(sys.argv[2], *role[1:])
        sys.exit(0)
    folder, cache_path, owner, idle_seconds, max_bytes = sys.argv[2:]
    if mode == "serve":
        # A session of its own: it outlives the batch that has started it.
        if os.fork():
            os._exit(0)
        os.setsid()
    role = Root(folder, cache_path, int(owner), float(idle_seconds), int(max_bytes))
    while True:
        role = role.run()
        if role is None:
            os._exit(0)
        if isinstance(role, Unit):
            return role


def strip(trace, own):
    """Without the frames of this file, which no traceback of the script's has."""
    while trace is not None and trace.tb_frame.f_code.co_filename == own:
        trace = trace.tb_next
    return trace


def shown_by(hook):
    """Before 3.11 an exception that is raised again comes with the frames that it had before."""

    def shown(kind, value, trace):
        value.__traceback__ = strip(trace, __file__)
        hook(kind, value, value.__traceback__)

    return shown


if __name__ == "__main__":
    _unit = main()
    try:
        _namespace = _unit.begin()
    except BaseException:
        os._exit(1)
    try:
        exec(_unit.compiled(), _namespace)
    except SystemExit:
        raise
    except BaseException as _error:
        # The interpreter itself ends what was not caught, with the frames that there would be without this file.
        _error.__traceback__ = strip(_error.__traceback__, __file__)
        if sys.version_info < (3, 11):
            sys.excepthook = shown_by(sys.excepthook)
        raise
    finally:
        _unit.learn()
