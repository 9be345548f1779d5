"""Jobs outlive what runs them: the server, one of its workers, the runner, Temporal, the database."""

import time
from pathlib import Path

import pytest

from .fractal import Fractal
from .middle import CONVERT, Make, ends_well, followers, waiting
from .postgres import Postgres
from .processes import until
from .rows import accounting, history_of, last_accounting
from .runner import Runner


def test_server_killed(scenario: Make, postgres: Postgres, server: Fractal) -> None:
    before = last_accounting(postgres)
    s, job_id, go = waiting(scenario)
    server.kill()
    until("the lock is free", lambda: followers(postgres) == [])
    go.touch()
    server.start()
    s.client = server.client()
    ends_well(s, job_id, postgres, before)
    assert "taken up again" in s.job(job_id)["log"]


@pytest.mark.long
def test_server_terminated(scenario: Make, postgres: Postgres, server: Fractal) -> None:
    """SIGTERM: the server goes within its graceful time, the job is not stopped."""
    before = last_accounting(postgres)
    s, job_id, go = waiting(scenario)
    since = time.monotonic()
    server.terminate()
    took = time.monotonic() - since
    state = postgres.rows("SELECT status, working_dir FROM jobv2 WHERE id = %s", job_id)[0]
    assert state["status"] == "submitted"
    assert not Path(state["working_dir"], "shutdown").exists()
    assert took < server.graceful_seconds + 20
    server.start()
    s.client = server.client()
    until("it is followed", lambda: followers(postgres) == [job_id])
    go.touch()
    ends_well(s, job_id, postgres, before)


def _two_without(pids: list[int], gone: int) -> bool:
    return gone not in pids and len(pids) == 2


@pytest.mark.long
def test_one_worker_killed(scenario: Make, postgres: Postgres, server: Fractal) -> None:
    """Each worker of gunicorn in turn: whoever followed, one other does, and only one."""
    before = last_accounting(postgres)
    s, job_id, go = waiting(scenario)
    for pid in server.process.children():
        server.kill_worker(pid)
        until("gunicorn has two workers again", lambda gone=pid: _two_without(server.process.children(), gone))
        until("somebody follows", lambda: followers(postgres) == [job_id], 90)
    go.touch()
    ends_well(s, job_id, postgres, before)


@pytest.mark.long
def test_runner_killed(scenario: Make, postgres: Postgres, runner: Runner) -> None:
    before = last_accounting(postgres)
    s, job_id, go = waiting(scenario)
    runner.kill_workers()
    go.touch()
    runner.start()
    ends_well(s, job_id, postgres, before)


@pytest.mark.long
def test_temporal_away(scenario: Make, postgres: Postgres, runner: Runner) -> None:
    """The job waits and says so in its log."""
    before = last_accounting(postgres)
    s, job_id, go = waiting(scenario)
    log = Path(postgres.rows("SELECT working_dir FROM jobv2 WHERE id = %s", job_id)[0]["working_dir"], "workflow.log")
    runner.kill_workers()
    address = runner.address
    runner.kill_server()
    until("the job's log says it", lambda: "Temporal does not answer" in log.read_text(), 90)
    assert s.job(job_id)["status"] == "submitted"
    go.touch()
    runner.start()
    assert runner.address == address
    ends_well(s, job_id, postgres, before)


@pytest.mark.long
def test_database_restarted(scenario: Make, postgres: Postgres) -> None:
    """The lock goes with its connection; the job is followed again, and nothing is written twice."""
    before = last_accounting(postgres)
    s, job_id, go = waiting(scenario)
    postgres.stop()
    go.touch()
    time.sleep(3)
    postgres.start()
    ends_well(s, job_id, postgres, before)


@pytest.mark.long
@pytest.mark.parametrize("has_folder", [True, False])
def test_never_started(scenario: Make, postgres: Postgres, server: Fractal, has_folder: bool) -> None:
    """A row of a job whose server was killed before it could do anything: with the folder and without."""
    earlier, s = scenario(CONVERT), scenario(CONVERT)
    earlier.ended(earlier.submit())
    server.kill()
    before = last_accounting(postgres)
    first = postgres.rows("SELECT * FROM jobv2 ORDER BY id DESC LIMIT 1")[0]
    folder = Path(first["working_dir"]).parent / f"never-{s.number}"
    if has_folder:
        folder.mkdir()
        (folder / "workflow.log").write_text("begun\n")
        # Of a request that is too large to travel, and of a context that was not written to its end.
        (folder / ".runner" / "spill").mkdir(parents=True)
        (folder / ".runner" / "spill" / "0.json").write_text("{}")
        (folder / "fractal-temporal-bridge.12.tmp").write_text("{")
    columns = [name for name in first if name not in ("id", "end_timestamp", "log", "executor_error_log")]
    new = {
        **first,
        "status": "submitted",
        "working_dir": str(folder),
        "working_dir_user": str(folder),
        "project_id": s.project,
        "workflow_id": s.workflow,
        "dataset_id": s.dataset,
        "first_task_index": 0,
        "last_task_index": 0,
    }
    job_id = postgres.insert("jobv2", {name: new[name] for name in columns})
    server.start()
    s.client = server.client()
    job = s.ended(job_id, 120)
    assert (job["status"], s.runs()) == ("done", ["convert"]), job["log"]
    assert accounting(postgres, before) == [(1, 4)]


@pytest.mark.long
def test_resource_closed(scenario: Make, postgres: Postgres, server: Fractal) -> None:
    """`prevent_new_submissions`: the task that runs is done and kept, the next one does not run."""
    if server.version < (2, 18):
        pytest.skip("this version has no such switch")
    s, job_id, go = waiting(scenario)
    postgres.execute("UPDATE resource SET prevent_new_submissions = true")
    try:
        # The switch is looked at every two seconds.
        time.sleep(5)
        go.touch()
        job = s.ended(job_id, 120)
    finally:
        postgres.execute("UPDATE resource SET prevent_new_submissions = false")
    assert (job["status"], "takes no jobs" in job["log"]) == ("failed", True), job["log"]
    runs = history_of(postgres, s, job_id)["runs"]
    assert [run["status"] for run in runs[:2]] == ["done", "done"]
    assert "prepare" not in s.runs()


@pytest.mark.long
def test_status_filter_and_empty_list(scenario: Make, postgres: Postgres, server: Fractal) -> None:
    """Only the images that failed are given to the task again; with none left the job says so."""
    if server.version < (2, 18):
        pytest.skip("2.14.5 has no filter by status")
    s = scenario(CONVERT, ("Measure", {}, {"fail": ["02"]}))
    s.ended(s.submit())
    path = f"/api/v2/project/{s.project}/workflow/{s.workflow}/wftask/{s.wftasks[1]}/"
    s.client.patch(path, {"args_parallel": {"runs_file": str(s.runs_file)}})
    failed = {"attribute_filters": {"__wftask_dataset_image_status__": ["failed"]}, "type_filters": {}}
    job = s.ended(job_id := s.submit(first_task_index=1, **failed))
    assert job["status"] == "done", job["log"]
    assert s.runs()[-1] == "measure 02"
    images = postgres.rows("SELECT images FROM datasetv2 WHERE id = %s", s.dataset)[0]["images"]
    assert {name for image in images for name in image["attributes"]} == {"plate", "well"}
    again = s.ended(s.submit(first_task_index=1, **failed))
    assert (again["status"], "empty image list" in again["log"]) == ("failed", True), again["log"]
    assert len(postgres.rows("SELECT id FROM historyrun WHERE job_id = %s", job_id)) == 1
