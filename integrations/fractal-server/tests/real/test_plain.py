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
if "workflow_dir_remote" in given:
    given["workflow_dir_remote"] = Path(given["workflow_dir_remote"])
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


def call(
    runner: Runner,
    folder: Path,
    *,
    keys: Path | None = None,
    hidden: bool = False,
    run_in: str | None = None,
    **more: object,
) -> str:
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
    env |= {} if run_in is None else {"FRACTAL_BRIDGE_RUN_IN": run_in}
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


@pytest.mark.parametrize(("run_in", "used", "empty"), [(None, "of-user", "job"), ("local", "job", "of-user")])
def test_every_argument(runner: Runner, tmp_path: Path, run_in: str | None, used: str, empty: str) -> None:
    """Two folders: the run lies in the remote one, unless the setting says otherwise, and the other stays as it was."""
    program = tmp_path / "say.py"
    program.write_text("import os, sys\nprint(sys.argv[0][-6:], os.environ.get('FRACTAL_CACHE_DIR'))\n")
    task = {"name": "Say", "type": "parallel", "command_parallel": f"{sys.executable} {program}"}
    images = [
        {"zarr_url": str(tmp_path / "zarr" / name), "attributes": {"well": well}, "types": {"is_3D": is_3d}}
        for name, well, is_3d in [("00", "A1", True), ("01", "A1", False), ("02", "B1", True), ("03", "A1", True)]
    ]
    said = call(
        runner,
        tmp_path,
        run_in=run_in,
        workflow={"name": "All", "task_list": [{"order": order, "task": task} for order in range(4)]},
        dataset={"zarr_dir": str(tmp_path / "zarr"), "images": images},
        workflow_dir_remote=str(tmp_path / "of-user"),
        first_task_index=1,
        last_task_index=2,
        job_attribute_filters={"well": ["A1"]},
        job_type_filters={"is_3D": True},
        # For SLURM: a local worker has no use for these two.
        worker_init="exit 1",
        slurm_account="somebody",
        user_cache_dir=str(tmp_path / "cache"),
    )
    assert said == "done\n"
    result = json.loads((tmp_path / used / "result.json").read_text())
    assert [(run["workflow_task_order"], run["num_tasks"]) for run in result["task_runs"]] == [(1, 2), (2, 2)]
    logs = sorted((tmp_path / used).glob("*/*-log.txt"))
    assert [log.read_text() for log in logs] == [f"say.py {tmp_path / 'cache'}\n"] * 4
    assert not (tmp_path / empty).exists()


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
