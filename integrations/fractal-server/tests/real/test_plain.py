"""`process_workflow` called by a plain Python program: no server, no database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .processes import hiding
from .runner import Runner
from .tasks.package import HERE

PROGRAM = """
import json, os, sys
from pathlib import Path
from fractal_temporal_bridge import JobExecutionError, TaskExecutionError, process_workflow

given = json.load(sys.stdin)
try:
    process_workflow(workflow_dir_local=Path(given.pop("dir")), **given)
    print("done")
except TaskExecutionError as error:
    print("task", error.task_name, error.workflow_task_order, error)
except JobExecutionError as error:
    print("job", error)
sys.stdout.flush()
# Threads of Temporal's SDK may outlive the interpreter (examples/python/run_workflow.py).
os._exit(0)
"""


def call(runner: Runner, folder: Path, *, keys: Path | None = None, hidden: bool = False, **more: object) -> str:
    command = f"{sys.executable} {HERE / 'measure.py'}"
    task = {"name": "Measure", "type": "parallel", "command_parallel": command}
    arguments = more.pop("arguments", {})
    given = {
        "workflow": {"name": "Plain", "task_list": [{"order": 0, "args_parallel": arguments, "task": task}]},
        "dataset": {"zarr_dir": str(folder / "zarr"), "images": [{"zarr_url": str(folder / "zarr" / "00")}]},
        "dir": str(folder / "job"),
        "job_id": 1,
        "user_id": 1,
        "logger_name": "plain",
        "job_attribute_filters": {},
        "job_type_filters": {},
        **more,
    }
    env = {**os.environ, "TEMPORAL_ADDRESS": runner.address}
    env |= {} if keys is None else {"FRACTAL_TEMPORAL_KEYS": str(keys)}
    before = hiding([folder]) if hidden else []
    options = {"capture_output": True, "text": True, "env": env, "timeout": 300}
    done = subprocess.run([*before, sys.executable, "-c", PROGRAM], input=json.dumps(given), **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_done_and_joined(runner: Runner, tmp_path: Path) -> None:
    """A second call of the same folder runs nothing again."""
    noted = {"runs_file": str(tmp_path / "runs")}
    assert call(runner, tmp_path, arguments=noted) == "done\n"
    assert call(runner, tmp_path, arguments=noted) == "done\n"
    assert (tmp_path / "runs").read_text() == "measure 00\n"


def test_failed_task(runner: Runner, tmp_path: Path) -> None:
    said = call(runner, tmp_path, arguments={"fail": ["00"]})
    assert said.startswith("task Measure 0 ")
    assert "cannot measure 00" in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"first_task_index": 3}, "/first_task_index"),
        ({"job_type_filters": {"is_3D": True}}, "empty image list"),
        ({"arguments": {"n": 2**60}}, "beyond 2^53"),
    ],
)
def test_wrong_request(runner: Runner, tmp_path: Path, more: dict[str, object], words: str) -> None:
    said = call(runner, tmp_path, **more)
    assert said.startswith("job ")
    assert words in said


@pytest.mark.skipif(os.getuid() != 0, reason="mount namespaces need root")
def test_from_afar(runner: Runner, tmp_path: Path) -> None:
    """A caller that does not see the folder of the run, with a request that is too large to travel."""
    noted = {"runs_file": str(tmp_path / "runs"), "text": "x" * 3_000_000}
    assert call(runner, tmp_path, hidden=True, arguments=noted) == "done\n"
    assert (tmp_path / "runs").read_text() == "measure 00\n"
    (tmp_path / "second").mkdir()
    said = call(runner, tmp_path / "second", hidden=True, arguments={"fail": ["00"]})
    assert said.startswith("task Measure 0 ")
    assert "cannot measure 00" in said
