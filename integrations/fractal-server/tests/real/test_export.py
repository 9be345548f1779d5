"""The dataset that a run has left goes into a server by its REST API, and comes back out of it into a next run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .fractal import Fractal
from .runner import CLI, Runner
from .tasks.package import HERE


def program(runner: Runner, *arguments: str) -> str:
    env = {**os.environ, "TEMPORAL_ADDRESS": runner.address}
    done = subprocess.run(["node", CLI, *arguments], capture_output=True, text=True, env=env, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(runner: Runner, folder: Path, dataset: dict[str, Any], *tasks: tuple[str, str, dict[str, Any]]) -> Path:
    """Runs tasks (name, type, arguments) on a dataset; the run's directory."""
    folder.mkdir()
    task_list = []
    for order, (name, kind, arguments) in enumerate(tasks):
        part = "parallel" if kind == "parallel" else "non_parallel"
        command = {f"command_{part}": f"{sys.executable} {HERE / f'{name.lower()}.py'}"}
        task = {"name": name, "type": kind, "output_types": {name.lower(): True}, **command}
        task_list.append({"order": order, "task_type": kind, f"args_{part}": arguments, "task": task})
    workflow = {"name": "Exported", "task_list": task_list}
    request = {"workflow": workflow, "dataset": dataset, "workflow_dir_local": str(folder / "run")}
    file = folder / "request.json"
    file.write_text(json.dumps(request))
    program(runner, "run", str(file), "--result", str(folder / "result.json"))
    return folder / "run"


@pytest.mark.long
def test_exported_and_imported(server: Fractal, runner: Runner, tmp_path: Path) -> None:
    # Newer releases take only datasets below a project folder of their user.
    zarr_dir = str(server.folder / "user" / "exported")
    first = run(
        runner,
        tmp_path / "first",
        {"name": "plate", "zarr_dir": zarr_dir},
        ("Convert", "converter_non_parallel", {"n": 3}),
        ("Measure", "parallel", {}),
    )
    exported = json.loads(program(runner, "export", str(first)))
    assert (exported["name"], exported["zarr_dir"], len(exported["images"])) == ("plate", zarr_dir, 3)
    client = server.client()
    project = client.post("project/", {"name": "exported"})["id"]
    dataset = client.post(f"project/{project}/dataset/import/", exported)["id"]
    back = client.get(f"project/{project}/dataset/{dataset}/export/")
    assert {name: back[name] for name in exported} == exported
    page = client.post(f"project/{project}/dataset/{dataset}/images/query/", {}, page_size=10)
    assert page["total_count"] == 3
    assert {image["zarr_url"] for image in page["items"]} == {image["zarr_url"] for image in exported["images"]}
    # What the server hands out is what a run takes.
    second = run(runner, tmp_path / "second", back, ("Measure", "parallel", {}))
    result = json.loads((second / "result.json").read_text())
    assert [image["zarr_url"] for image in result["images"]] == [image["zarr_url"] for image in exported["images"]]
