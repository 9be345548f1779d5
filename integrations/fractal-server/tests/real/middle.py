"""A job that is in the middle when something happens, and what must have come of it in the end."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from .postgres import Postgres
from .processes import until
from .rows import accounting, history_of
from .scenario import Scenario

Make = Callable[..., Scenario]
CONVERT = ("Convert", {"n": 4}, {})


def waiting(make: Make) -> tuple[Scenario, int, Path]:
    """A job in the middle: its converter is done, units of its second task wait for a file."""
    s = make(CONVERT, ("Measure", {}, {"sleep": 300}), ("Project", {}, {}))
    go = s.go_file()
    arguments = {"runs_file": str(s.runs_file), "sleep": 300, "go_file": str(go)}
    s.client.patch(
        f"/api/v2/project/{s.project}/workflow/{s.workflow}/wftask/{s.wftasks[1]}/", {"args_parallel": arguments}
    )
    job_id = s.submit()
    until("two units run", lambda: len(s.runs()) >= 3)
    until("the units are recorded", lambda: s.counts(s.wftasks[1]).get("num_submitted_units") == 4)
    # Its first follower has the lock as well: else another process would follow it too.
    assert followers(s.server.postgres) == [job_id]
    return s, job_id, go


def ends_well(s: Scenario, job_id: int, postgres: Postgres, before: int) -> None:
    """As if nothing had happened: every row once, every process once, one archive."""
    job = s.ended(job_id, 120)
    assert job["status"] == "done", job["log"]
    history = history_of(postgres, s, job_id)
    runs = history["runs"]
    assert [(run["status"], len(run["units"])) for run in runs] == [("done", 1), ("done", 4), ("done", 5)]
    assert {unit["status"] for run in runs for unit in run["units"]} == {"done"}
    assert accounting(postgres, before) == [(1, 4), (4, 0), (5, 4)]
    images = [f"{index:02d}{suffix}" for suffix in ("", "_mip") for index in range(4)]
    assert sorted(image["zarr_url"].rsplit("/", 1)[1] for image in history["images"]) == sorted(images)
    assert [task for task, _, _ in history["cache"]] == [1] * 4 + [2] * 4
    each = [f"{what} 0{index}" for what in ("measure", "project") for index in range(4)]
    assert sorted(s.runs()) == sorted(["convert", "prepare", *each])
    names = until("the archive is there", lambda: s.archive(job_id))
    assert ("result.json" in names, [name for name in names if ".runner" in name]) == (True, [])


def followers(postgres: Postgres) -> list[int]:
    """Ids of the jobs that are locked."""
    query = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
    return sorted(int(row["objid"]) for row in postgres.rows(query, 0x465442))


@contextlib.contextmanager
def held(postgres: Postgres, statement: str) -> Iterator[int]:
    """A lock that the statement takes, until the end of the block; the id of the backend that has it."""
    with psycopg.connect(postgres.url()) as connection:
        connection.execute(statement)
        yield connection.info.backend_pid
        connection.rollback()


def stuck_half_way(postgres: Postgres, holder: int) -> int | None:
    """The client's port of a transaction that has written something and waits for the holder's lock."""
    query = "SELECT client_port FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)) AND backend_xid IS NOT NULL"
    found = postgres.rows(query, holder)
    return int(found[0]["client_port"]) if found else None


def writers_in_line(postgres: Postgres) -> list[int]:
    """Ids of the jobs of which a transaction waits for the end of another one."""
    query = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted"
    return [int(row["objid"]) for row in postgres.rows(query, 0x465443)]
