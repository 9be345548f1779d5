"""Jobs of a Fractal server on a real SLURM cluster, each as its user, by workers that a supervisor starts."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .fractal import BRIDGED, Fractal
from .postgres import Postgres
from .processes import until
from .rows import accounting, last_accounting
from .runner import Runner
from .scenario import Scenario, collect_tasks
from .slurm import Cluster, Supervisor, Users, why_not
from .tasks.package import HERE

pytestmark = [pytest.mark.long, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]


@dataclass
class Site:
    server: Fractal
    cluster: Cluster
    users: Users
    homes: list[Path]
    ids: dict[str, int]

    def submit(self, scenario: Scenario, user: int, **more: Any) -> int:
        """As somebody whose profile is that of this cluster user, and whose project folder is theirs."""
        name, home = self.users.names[user], str(self.homes[user])
        client, postgres = scenario.client, self.server.postgres
        if self.server.has_resources:
            postgres.execute(f"UPDATE profile SET username = '{name}'")
            # The first is where jobs go; the datasets of tests lie in the other.
            project_dirs = f"ARRAY['{home}', '{self.server.folder / 'user'}']"
            postgres.execute(f"UPDATE user_oauth SET project_dirs = {project_dirs}")
        else:
            me = client.call("GET", "/auth/current-user/")
            client.patch(f"/auth/users/{me['id']}/settings/", {"project_dir": home, "slurm_user": name})
        return scenario.submit(**more)


@pytest.fixture(scope="module")
def site(folder: Path, python: Path, runner: Runner) -> Iterator[Site]:
    users, postgres = Users(2), Postgres(folder / "postgres-slurm")
    cluster = Cluster(folder / "slurm")
    server = Fractal(python, folder / "on-slurm", postgres, runner.address, resource_type="slurm_sudo")
    # The backend and the queues are those of the resource's type and of the job's profile.
    server.env = {"FRACTAL_BRIDGE_BACKEND": ""}
    # Units of both users note there what they do.
    server.folder.chmod(0o1777)
    homes = [users.own(name, server.folder / f"home-{name}") for name in users.names]
    package = Path(shutil.copytree(HERE, server.folder / "package"))
    # What a server sees of a folder that only its user may enter: nothing.
    server.hidden = homes
    supervisor = Supervisor(folder, runner.address, cluster, users)
    server.set_up()
    server.start(BRIDGED)
    yield Site(server, cluster, users, homes, collect_tasks(server, server.client(), Path("/usr/bin/python3"), package))
    server.kill()
    supervisor.stop()
    cluster.down()
    postgres.stop()
    users.remove()


def test_two_users(site: Site) -> None:
    """Both at once: SLURM jobs and files are theirs, and the server accounts their jobs, a row for each submission."""
    postgres = site.server.postgres
    before = last_accounting(postgres)
    tasks = [("Convert", {"n": 3}, {}), ("Measure", {}, {}), ("Project", {}, {})]
    scenarios = [Scenario(site.server, site.server.client(), site.ids, tasks) for _ in site.users.names]
    jobs = [site.submit(scenario, user) for user, scenario in enumerate(scenarios)]
    logs = [scenario.ended(job, 300) for scenario, job in zip(scenarios, jobs, strict=True)]
    assert [job["status"] for job in logs] == ["done", "done"], logs
    owners = site.cluster.owners()
    rows = postgres.rows("SELECT * FROM accountingrecordslurm ORDER BY id")
    owned = [sorted({owners[job] for job in row["slurm_job_ids"]}) for row in rows]
    # Of each job: converter, parallel task, init and compute units of the compound.
    for user, name in enumerate(site.users.names):
        assert owned.count([name]) == 4, rows
        scenario, job = scenarios[user], jobs[user]
        folder = Path(scenario.folder_of_user(job))
        assert (folder / "result.json").owner() == name
        assert sorted(scenario.runs())[:1] == ["convert"]
        if "fractal_job_id" in rows[0]:
            of_job = [row for row in rows if row["fractal_job_id"] == job]
            assert len(of_job) == 4
            assert {row["resource_id"] for row in of_job} != {None}
        names = until("the archive is there", lambda s=scenario, j=job: s.archive(j))
        assert {"0_convert/non_par--log.txt", "result.json", "1_measure/units.jsonl"} <= set(names)
        assert any("-slurm-" in each and each.endswith(".out") for each in names)
    assert len(rows) == 8
    all_jobs = [job for row in rows for job in row["slurm_job_ids"]]
    assert sorted(all_jobs) == sorted(owners)
    assert sorted(accounting(postgres, before)) == sorted([(1, 3), (3, 0), (4, 3)] * 2)


def test_executor_error_log(site: Site) -> None:
    """What a SLURM job itself says, before any unit, is where the server shows it."""
    s = Scenario(site.server, site.server.client(), site.ids, [("Convert", {"n": 1}, {})])
    job_id = site.submit(s, 0, worker_init="echo no such module as this >&2\nexit 7")
    job = s.ended(job_id, 300)
    assert (job["status"], s.runs()) == ("failed", []), job["log"]
    [row] = site.server.postgres.rows("SELECT * FROM jobv2 WHERE id = %s", job_id)
    if "executor_error_log" in row:
        assert "no such module as this" in (row["executor_error_log"] or "")
    else:
        assert "no such module as this" in row["log"]
