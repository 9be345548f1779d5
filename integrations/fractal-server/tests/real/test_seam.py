"""A release in which something has moved does not start with the bridge, and says what."""

import subprocess
from pathlib import Path

import pytest

from .fractal import Fractal

MOVED = """
import importlib, sys
for name in ("fractal_server.runner.v2.submit_workflow", "fractal_server.app.runner.v2.submit_workflow"):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        continue
    delattr(module, sys.argv[1])
import fractal_temporal_bridge.main
"""

#: What a server calls for a job: a function for each type of resource.
RUNNERS = [f"{kind}_process_workflow" for kind in ("local", "slurm_sudo", "slurm_ssh")]


def module_of(server: Fractal) -> str:
    return f"fractal_server{'' if server.version >= (2, 17) else '.app'}.runner.v2.submit_workflow"


@pytest.mark.long
@pytest.mark.parametrize("name", RUNNERS)
def test_a_moved_name_stops_the_start(server: Fractal, python: Path, name: str) -> None:
    command = [str(python), "-c", MOVED, name]
    done = subprocess.run(command, env=server.environment, cwd=server.folder, capture_output=True, text=True)
    assert done.returncode != 0
    words = done.stderr.strip().splitlines()[-1]
    assert "SeamMovedError: fractal-server" in words
    assert f"does not find: {module_of(server)}.{name}. " in words
    assert "gunicorn fractal_server.main:app" in words


@pytest.mark.long
def test_a_wrong_setting_stops_the_start(server: Fractal, python: Path) -> None:
    env = {**server.environment, "FRACTAL_BRIDGE_RUN_IN": "somewhere"}
    command = [str(python), "-c", "import fractal_temporal_bridge.main"]
    done = subprocess.run(command, env=env, cwd=server.folder, capture_output=True, text=True)
    assert (done.returncode != 0, "FRACTAL_BRIDGE_RUN_IN: expected" in done.stderr) == (True, True)
