"""What a warm interpreter would import for a script, and what not."""

import os
import sys

from .cache import Cache
from .head import BUILD_TRIES, DENIED
from .importing import import_ahead, report
from .modules import loaded_modules, script_folder
from .node import catch_output
from .processes import fork, send
from .scan import likely_imports


def why_unreadable(script):
    """Why the text of a script says nothing; empty where it does."""
    try:
        with open(script, "rb") as file:
            compile(file.read(), script, "exec", 0x400, True)  # PyCF_ONLY_AST
    except SyntaxError as error:
        return "it is no Python: line %s: %s" % (error.lineno, error.msg)
    except (OSError, ValueError) as error:
        return "it cannot be read: %s" % error
    return ""


def explain(script, cache_path):
    """Imports ahead what a node of the script would, and prints what came of it."""
    print("script: %s" % script)
    unreadable = why_unreadable(script)
    if unreadable:
        print("%s; nothing is imported ahead" % unreadable)
        return None
    cache = Cache(cache_path)
    known = cache.scripts.get(script)
    modules = known or likely_imports(script)
    for _ in range(BUILD_TRIES + 1):
        reading, writing = os.pipe()
        sys.stdout.flush()
        pid = fork()
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
    print("known from: %s" % source)
    if done is None:
        print("cannot be warmed: its units are started plainly")
        return None
    print("imported ahead: %s modules" % done[1])
    print("seconds gained by each unit: %s" % done[0])
    names = dict.fromkeys([*cache.refused, *(name for name, _ in modules)])
    refused = [(name, cache.refused.get(name, ("", ""))[1]) for name in names if cache.is_refused(name)]
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
