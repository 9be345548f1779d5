"""The server's own SLURM runner, over sudo on a real cluster, against the bridge on the same cluster."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .fractal import BRIDGED, NATIVE, Fractal
from .postgres import Postgres
from .processes import Process, until
from .runner import CLI, Runner
from .same import collected, must_be_equal
from .scenario import collect_tasks
from .slurm import Cluster, why_not

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    pytest.mark.skipif(shutil.which("sudo") is None, reason="no sudo: apt-get install sudo"),
]

#: Nodes run the server's own Python, which may lie in a folder that only this user enters.
USER = "root"

#: A unit of the native runner is two Pythons, one of which imports the server.
MEMORY_MB = 800


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder / "slurm-sudo")
    # Else sudo takes it away, and sbatch looks for the configuration of the machine.
    rule = Path(f"/etc/sudoers.d/fractal-bridge-test-{os.getpid()}")
    rule.write_text('Defaults env_keep += "SLURM_CONF"\n')
    rule.chmod(0o440)
    yield made
    rule.unlink()
    made.down()


@pytest.fixture(scope="module")
def on_slurm(folder: Path, python: Path, runner: Runner, cluster: Cluster) -> Iterator[Fractal]:
    postgres = Postgres(folder / "postgres-sudo")
    made = Fractal(python, folder / "sudo", postgres, runner.address, resource_type="slurm_sudo")
    made.cluster_user, made.partition, made.memory_mb = USER, "normal", MEMORY_MB
    made.env = {"FRACTAL_BRIDGE_BACKEND": "", "SLURM_CONF": str(cluster.conf), "FRACTAL_SLURM_POLL_INTERVAL": "1"}
    made.set_up()
    config = made.folder / "worker.json"
    settings = {"poll_interval_seconds": 1, "check_partitions": False}
    config.write_text(json.dumps({**json.loads((made.folder / "slurm.json").read_text()), "runner_config": settings}))
    queue = ["--slurm-config", str(config), "--task-queue", f"fractal-slurm.{USER}"]
    command = ["node", CLI, "worker", "slurm", *queue, "--address", runner.address, "--monitor", "0"]
    log = made.folder / "worker.log"
    worker = Process(command, log, {**os.environ, "SLURM_CONF": str(cluster.conf)})
    until("the worker is ready", lambda: "Ready" in log.read_text(), 120)
    yield made
    made.kill()
    worker.end()
    postgres.stop()


def accounted(server: Fractal) -> list[int]:
    """Numbers of SLURM jobs in the rows of their accounting, in order."""
    rows = server.postgres.rows("SELECT slurm_job_ids FROM accountingrecordslurm ORDER BY id")
    return [len(row["slurm_job_ids"]) for row in rows]


def test_native_equals_bridged(on_slurm: Fractal, cluster: Cluster) -> None:
    on_slurm.start(NATIVE)
    task_ids = collect_tasks(on_slurm, on_slurm.client())
    natively = collected(on_slurm, task_ids, 300)
    before, jobs = cluster.owners(), accounted(on_slurm)
    assert set(before.values()) == {USER}
    assert sum(jobs) == len(before)
    on_slurm.kill()
    on_slurm.start(BRIDGED)
    bridged = collected(on_slurm, task_ids, 300)
    assert len(cluster.owners()) == 2 * len(before)
    assert accounted(on_slurm) == jobs * 2
    must_be_equal(bridged, natively)
