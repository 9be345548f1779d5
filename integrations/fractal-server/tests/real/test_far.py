"""A server that does not see the folders of its users, in which the runs lie: it reads them through Temporal."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .fractal import BRIDGED, Fractal
from .postgres import Postgres
from .processes import until
from .rows import accounting, history_of, last_accounting
from .runner import Runner
from .scenario import Scenario, collect_tasks

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.getuid() != 0, reason="mount namespaces need root"),
]


@pytest.fixture(scope="module")
def blind(folder: Path, python: Path, runner: Runner) -> Iterator[Fractal]:
    cluster = Postgres(folder / "postgres-far")
    made = Fractal(python, folder / "far", cluster, runner.address, resource_type="slurm_sudo")
    made.hidden = [made.folder / "user"]
    made.set_up()
    made.start(BRIDGED)
    yield made
    made.kill()
    cluster.stop()


@pytest.fixture(scope="module")
def ids(blind: Fractal) -> dict[str, int]:
    return collect_tasks(blind, blind.client())


def test_done(blind: Fractal, ids: dict[str, int]) -> None:
    """Everything is recorded as if the run lay beside the server, and what a user downloads is there."""
    before = last_accounting(blind.postgres)
    tasks = [("Convert", {"n": 4}, {}), ("Measure", {}, {"warn": ["01"]}), ("Project", {}, {}), ("Discard", {}, {})]
    s = Scenario(blind, blind.client(), ids, tasks)
    job = s.ended(job_id := s.submit(), 180)
    assert job["status"] == "done", job["log"]
    history = history_of(blind.postgres, s, job_id)
    assert [(run["status"], len(run["units"])) for run in history["runs"]] == [
        ("done", 1),
        ("done", 4),
        ("done", 5),
        ("done", 1),
    ]
    assert {unit["status"] for run in history["runs"] for unit in run["units"]} == {"done"}
    if blind.version >= (2, 24):
        assert [unit["warns"] for unit in history["runs"][1]["units"]] == [False, True, False, False]
    assert (len(history["images"]), len(history["cache"])) == (7, 4 + 4 + 7)
    assert accounting(blind.postgres, before) == [(1, 4), (4, 0), (5, 4), (1, 0)]
    names = until("the archive is there", lambda: s.archive(job_id))
    logs = [name for name in names if name.endswith("-log.txt")]
    assert len(logs) == 1 + 4 + 5 + 1
    assert {"workflow.log", "workflow-run.log", "result.json", "1_measure/units.jsonl"} <= set(names)
    assert [name for name in names if name.startswith(".runner") or "bridge" in name] == []
    # It lies where the server sees nothing.
    assert Path(s.folder_of_user(job_id), "result.json").exists()


def test_failed_and_killed(blind: Fractal, ids: dict[str, int]) -> None:
    """The log of a failed unit can be read while the job runs, also by the server that comes after a kill."""
    waits = {"fail": ["02"], "sleep": 300}
    s = Scenario(blind, blind.client(), ids, [("Convert", {"n": 3}, {}), ("Measure", {}, waits)])
    go = s.go_file()
    path = f"/api/v2/project/{s.project}/workflow/{s.workflow}/wftask/{s.wftasks[1]}/"
    arguments = {"runs_file": str(s.runs_file), "go_file": str(go), **waits}
    s.client.patch(path, {"args_parallel": arguments})
    job_id = s.submit()
    until("two units run", lambda: len(s.runs()) >= 3)
    blind.kill()
    blind.start()
    s.client = blind.client()
    until("the units are recorded", lambda: s.counts(s.wftasks[1]).get("num_submitted_units") == 3)
    go.touch()
    job = s.ended(job_id, 180)
    assert (job["status"], "cannot measure 02" in job["log"]) == ("failed", True), job["log"]
    runs = history_of(blind.postgres, s, job_id)["runs"]
    assert [unit["status"] for unit in runs[1]["units"]] == ["done", "done", "failed"]
    unit = blind.postgres.rows("SELECT id FROM historyunit WHERE status = 'failed' ORDER BY id DESC LIMIT 1")[0]["id"]
    run = blind.postgres.rows("SELECT id FROM historyrun WHERE job_id = %s ORDER BY id DESC LIMIT 1", job_id)[0]["id"]
    query = {"history_run_id": run, "history_unit_id": unit, "workflowtask_id": s.wftasks[1]}
    log = s.client.get(f"project/{s.project}/status/unit-log/", dataset_id=s.dataset, **query)
    assert "measuring 02" in log
