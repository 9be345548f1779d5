"""Writes down all that a unit can see of itself, and then ends as its arguments say."""

import json
import os
import signal
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))


def lines(path):
    with open(path) as file:
        return file.read().split("\n")


def fds():
    found = {}
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            target = os.readlink("/proc/self/fd/" + name)
        except OSError:
            continue
        flags = next(line for line in lines("/proc/self/fdinfo/" + name) if line.startswith("flags"))
        found[name] = [target, flags.split()[1], os.get_inheritable(int(name))]
    return found


def probe():
    status = dict(line.split(":\t", 1) for line in lines("/proc/self/status") if ":\t" in line)
    main = sys.modules["__main__"]
    umask = os.umask(0)
    os.umask(umask)
    return {
        "argv": sys.argv,
        "orig_argv": getattr(sys, "orig_argv", None),
        "environ": dict(os.environ),
        "marked": [e for e in open("/proc/self/environ").read().split("\0") if e.startswith("FRACTAL_BATCH=")],
        "cwd": os.getcwd(),
        "umask": umask,
        "fds": fds(),
        "signals": {
            name: status[name] for name in ("SigBlk", "SigIgn", "SigCgt", "SigPnd", "NoNewPrivs", "Cpus_allowed", "Seccomp")
        },
        "handlers": {str(n): repr(signal.getsignal(n)).split(" at 0x")[0] for n in range(1, signal.NSIG)},
        "uids": [os.getresuid(), os.getresgid(), os.getgroups()],
        "limits": lines("/proc/self/limits"),
        "cgroup": lines("/proc/self/cgroup"),
        "nice": os.nice(0),
        "oom": lines("/proc/self/oom_score_adj"),
        "comm": lines("/proc/self/comm"),
        "exe": os.readlink("/proc/self/exe"),
        "leads its group": os.getpgid(0) == os.getpid(),
        "threads": threading.active_count(),
        "main thread": threading.current_thread() is threading.main_thread(),
        "native threads": status["Threads"],
        "path": sys.path,
        "flags": repr(sys.flags),
        "executable": sys.executable,
        "prefix": [sys.prefix, sys.base_prefix],
        "options": [sys.warnoptions, sys._xoptions, sys.dont_write_bytecode],
        "main": {name: repr(value).split(" object at 0x")[0] for name, value in vars(main).items() if name.startswith("__")},
        "main kind": [type(main).__name__, main is sys.modules["__main__"], vars(main) is globals()],
        "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__, len(sys.meta_path), len(sys.path_hooks)],
        "streams": [
            [s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.write_through, s.isatty(), s.closed] for s in (sys.stdin, sys.stdout, sys.stderr)
        ],
        "stdin": sys.stdin.read(),
        "parent": lines("/proc/%d/comm" % os.getppid())[0],
        "modules": sorted(sys.modules),
        "recursion": sys.getrecursionlimit(),
        "switch": sys.getswitchinterval(),
        "import": [repr(__import__), repr(os.getcwd), type(sys.argv).__name__],
        "loaders": [repr(vars(c).get("exec_module")).split(" at 0x")[0] for c in type(main.__loader__).__mro__],
        "name": [__name__, __file__, __spec__, __package__],
    }


if __name__ == "__main__":
    arguments = json.load(open(sys.argv[sys.argv.index("--args-json") + 1]))
    with open(sys.argv[sys.argv.index("--out-json") + 1], "w") as out:
        json.dump(probe(), out)
    exec(arguments.get("run", ""))
