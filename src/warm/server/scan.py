"""What a script imports, by its text: it is never run for that."""

import os
import sys

from .head import SCAN_MODULES, SCAN_STEPS


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
