"""Jobs through the REST API of a real server with two gunicorn workers: done, failed, stopped."""

from collections.abc import Callable
from pathlib import Path

from .fractal import Fractal
from .postgres import Postgres
from .processes import until
from .rows import accounting, history_of, last_accounting
from .scenario import Scenario

Make = Callable[..., Scenario]
CONVERT = ("Convert", {"n": 4}, {})


def test_done(scenario: Make, postgres: Postgres, server: Fractal) -> None:
    """All kinds of tasks: history, images, accounting and the archive are there as they always were."""
    before = last_accounting(postgres)
    s = scenario(CONVERT, ("Measure", {}, {"warn": ["01"]}), ("Project", {}, {}), ("Discard", {}, {}))
    job = s.ended(job_id := s.submit())
    assert (job["status"], "Run s" in job["log"]) == ("done", True), job["log"]
    history = history_of(postgres, s, job_id)
    assert [(run["status"], run["available"], len(run["units"])) for run in history["runs"]] == [
        ("done", 0, 1),
        ("done", 4, 4),
        ("done", 4, 5),
        ("done", 8, 1),
    ]
    assert {unit["status"] for run in history["runs"] for unit in run["units"]} == {"done"}
    if server.version >= (2, 24):
        assert [unit["warns"] for unit in history["runs"][1]["units"]] == [False, True, False, False]
    assert len(history["images"]) == 7
    assert all(image["types"].get("measured") for image in history["images"])
    assert len(history["cache"]) == 4 + 4 + 7
    assert accounting(postgres, before) == [(1, 4), (4, 0), (5, 4), (1, 0)]
    assert len(s.runs()) == 1 + 4 + 1 + 4 + 1
    names = s.archive(job_id)
    assert {"workflow.log", "result.json", "0_convert/non_par--log.txt"} <= set(names)
    assert [name for name in names if name.startswith(".runner") or "bridge" in name] == []
    counts = s.counts(s.wftasks[1])
    assert (counts["num_done_units"], counts["num_submitted_units"]) == (4, 0)


def test_failed_unit(scenario: Make, postgres: Postgres) -> None:
    """What succeeded is kept, the log of what failed can be read, the next task does not begin."""
    s = scenario(CONVERT, ("Measure", {}, {"fail": ["02"]}), ("Project", {}, {}))
    job = s.ended(job_id := s.submit())
    assert job["status"] == "failed"
    assert "cannot measure 02" in job["log"]
    runs = history_of(postgres, s, job_id)["runs"]
    assert [run["status"] for run in runs] == ["done", "failed"]
    assert [unit["status"] for unit in runs[1]["units"]] == ["done", "done", "failed", "done"]
    unit = postgres.rows("SELECT id FROM historyunit WHERE status = 'failed' ORDER BY id DESC LIMIT 1")[0]["id"]
    run = postgres.rows("SELECT id FROM historyrun WHERE job_id = %s ORDER BY id DESC LIMIT 1", job_id)[0]["id"]
    query = {"history_run_id": run, "history_unit_id": unit, "workflowtask_id": s.wftasks[1]}
    log = s.client.get(f"project/{s.project}/status/unit-log/", dataset_id=s.dataset, **query)
    assert "measuring 02" in log


def test_stop(scenario: Make, postgres: Postgres) -> None:
    s = scenario(CONVERT, ("Measure", {}, {"sleep": 60}))
    job_id = s.submit()
    until("units run", lambda: len(s.runs()) >= 2)
    s.stop(job_id)
    job = s.ended(job_id, 30)
    assert (job["status"], "stopped by its user" in job["log"]) == ("failed", True), job["log"]
    runs = history_of(postgres, s, job_id)["runs"]
    assert [run["status"] for run in runs] == ["done", "failed"]
    assert {unit["status"] for unit in runs[1]["units"]} == {"failed"}


def test_live_counts(scenario: Make) -> None:
    """The counts of the web client move while units run."""
    s = scenario(CONVERT, ("Measure", {}, {"sleep": 60, "go_file": "GO"}))
    go: Path = s.go_file()
    path = f"/api/v2/project/{s.project}/workflow/{s.workflow}/wftask/{s.wftasks[1]}/"
    s.client.patch(path, {"args_parallel": {"runs_file": str(s.runs_file), "sleep": 60, "go_file": str(go)}})
    job_id = s.submit()
    counts = until("units are planned", lambda: (c := s.counts(s.wftasks[1])).get("num_submitted_units") and c)
    assert (counts["num_submitted_units"], counts["num_done_units"]) == (4, 0)
    go.touch()
    assert s.ended(job_id)["status"] == "done"
