"""The same workflows natively and bridged: what the server's database says is the same (docs/fractal-server.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .fractal import BRIDGED, NATIVE, Fractal
from .postgres import Postgres
from .processes import until
from .rows import history_of
from .runner import Runner
from .same import collected, must_be_equal
from .scenario import Scenario, collect_tasks


@pytest.fixture(scope="module")
def local(folder: Path, python: Path, runner: Runner) -> Iterator[Fractal]:
    """A server of its own with a resource of type `local`, started natively and then bridged."""
    cluster = Postgres(folder / "postgres-native")
    made = Fractal(python, folder / "native", cluster, runner.address)
    made.set_up()
    made.start(NATIVE)
    yield made
    made.kill()
    cluster.stop()


@pytest.fixture(scope="module")
def task_ids(local: Fractal) -> dict[str, int]:
    return collect_tasks(local, local.client())


def started(server: Fractal, app: str) -> Fractal:
    if server.app != app:
        server.kill()
        server.start(app)
    return server


def test_native_equals_bridged(local: Fractal, task_ids: dict[str, int]) -> None:
    natively = collected(started(local, NATIVE), task_ids)
    must_be_equal(collected(started(local, BRIDGED), task_ids), natively)


@pytest.mark.long
def test_going_back(local: Fractal, task_ids: dict[str, int]) -> None:
    """One word in the start command: what ran bridged is there, and the next job of its dataset runs natively."""
    server = started(local, BRIDGED)
    s = Scenario(server, server.client(), task_ids, [("Convert", {"n": 2}, {}), ("Measure", {}, {})])
    job = s.ended(first := s.submit(last_task_index=0))
    assert job["status"] == "done", job["log"]
    s.client = started(local, NATIVE).client()
    assert s.job(first)["status"] == "done"
    assert s.counts(s.wftasks[0])["num_done_units"] == 1
    assert any(name.endswith("-log.txt") for name in s.archive(first))
    job = s.ended(s.submit(first_task_index=1))
    assert job["status"] == "done", job["log"]
    assert s.counts(s.wftasks[1])["num_done_units"] == 2


@pytest.mark.long
def test_stop_on_a_local_resource(local: Fractal, task_ids: dict[str, int]) -> None:
    """The web client's button, which the native server refuses for such a resource."""
    server = started(local, BRIDGED)
    s = Scenario(server, server.client(), task_ids, [("Convert", {"n": 2}, {}), ("Measure", {}, {"sleep": 600})])
    job_id = s.submit()
    until("units run", lambda: len(s.runs()) >= 2)
    s.stop(job_id)
    job = s.ended(job_id, 60)
    assert (job["status"], "stopped by its user" in job["log"]) == ("failed", True), job["log"]
    assert [run["status"] for run in history_of(local.postgres, s, job_id)["runs"]] == ["done", "failed"]
