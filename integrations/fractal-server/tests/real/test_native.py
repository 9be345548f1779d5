"""The same workflows natively and bridged: what the server's database says is the same (docs/fractal-server.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .fractal import BRIDGED, NATIVE, Fractal
from .postgres import Postgres
from .runner import Runner
from .same import collected, must_be_equal
from .scenario import collect_tasks


@pytest.fixture(scope="module")
def local(folder: Path, python: Path, runner: Runner) -> Iterator[Fractal]:
    """A server of its own with a resource of type `local`, started twice."""
    cluster = Postgres(folder / "postgres-native")
    made = Fractal(python, folder / "native", cluster, runner.address)
    made.set_up()
    yield made
    made.kill()
    cluster.stop()


def test_native_equals_bridged(local: Fractal) -> None:
    local.start(NATIVE)
    task_ids = collect_tasks(local, local.client())
    natively = collected(local, task_ids)
    local.kill()
    local.start(BRIDGED)
    must_be_equal(collected(local, task_ids), natively)
