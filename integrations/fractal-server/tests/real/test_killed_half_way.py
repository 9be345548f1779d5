"""A server, or one of its workers, killed inside the transaction that writes the end of a task: it counts, once."""

import pytest

from .fractal import Fractal
from .middle import Make, ends_well, held, stuck_half_way, waiting, writers_in_line
from .postgres import Postgres
from .processes import until
from .rows import last_accounting

#: Locks that let the transaction write up to there and no further, in its order.
PLACES = {
    "images": "SELECT FROM datasetv2 WHERE id = {dataset} FOR NO KEY UPDATE",
    "accounting": "LOCK TABLE accountingrecord IN EXCLUSIVE MODE",
    "job": "SELECT FROM jobv2 WHERE id = {job} FOR NO KEY UPDATE",
}


@pytest.mark.long
@pytest.mark.parametrize(
    ("place", "killed"), [("images", "worker"), ("accounting", "worker"), ("accounting", "server"), ("job", "worker")]
)
def test_killed_half_way(scenario: Make, postgres: Postgres, server: Fractal, place: str, killed: str) -> None:
    if place == "job" and server.version < (2, 18):
        pytest.skip("2.14.5 has no errors of SLURM jobs in a job's row: its transaction ends with the accounting")
    before = last_accounting(postgres)
    s, job_id, go = waiting(scenario)

    def measured() -> str:
        query = "SELECT status FROM historyrun WHERE job_id = %s AND workflowtask_id = %s"
        return str(postgres.rows(query, job_id, s.wftasks[1])[0]["status"])

    with held(postgres, PLACES[place].format(dataset=s.dataset, job=job_id)) as holder:
        go.touch()
        port = until("the end of the task is written half way", lambda: stuck_half_way(postgres, holder))
        if killed == "server":
            server.kill()
            server.start()
            s.client = server.client()
        else:
            server.kill_worker(server.process.child_of_port(port))
        # The database has not noticed: the transaction of the killed one is still open, and lost only when it goes on.
        until("the next follower waits for it", lambda: writers_in_line(postgres) == [job_id], 90)
        assert measured() == "submitted"
    ends_well(s, job_id, postgres, before)
