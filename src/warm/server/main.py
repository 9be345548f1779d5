"""The program."""

import os
import sys

from .explain import explain, explain_child
from .processes import fork
from .root import Root
from .unit import Unit


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
        if fork():
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
