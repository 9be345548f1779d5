"""What the real tests share: one PostgreSQL, one runner, one server whose jobs run there."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .fractal import BRIDGED, NATIVE, Fractal
from .postgres import Postgres, programs
from .runner import Runner
from .scenario import Scenario, collect_tasks


@pytest.fixture(scope="session")
def python() -> Path:
    """Of an environment with a fractal-server and this package."""
    named = os.environ.get("FRACTAL_BRIDGE_TEST_PYTHON")
    if named is None:
        pytest.skip("FRACTAL_BRIDGE_TEST_PYTHON names no environment: run these through `npm run test:bridge`")
    return Path(named)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    # PostgreSQL, another user, has to enter it.
    base = Path(tempfile.mkdtemp(prefix="bridge-"))
    base.chmod(0o755)
    yield base
    if os.environ.get("FRACTAL_BRIDGE_TEST_KEEP") is None:
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[Postgres]:
    if programs() is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
    cluster = Postgres(folder / "postgres")
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def runner(folder: Path) -> Iterator[Runner]:
    started = Runner(folder / "runner")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def server(folder: Path, python: Path, postgres: Postgres, runner: Runner) -> Iterator[Fractal]:
    """A bridged server; tests may kill and start it, and leave it running."""
    made = Fractal(python, folder / "fractal", postgres, runner.address, resource_type="slurm_sudo")
    made.set_up()
    made.start(BRIDGED)
    yield made
    made.kill()


@pytest.fixture(scope="session")
def task_ids(server: Fractal) -> dict[str, int]:
    return collect_tasks(server, server.client())


@pytest.fixture
def scenario(server: Fractal, task_ids: dict[str, int]) -> Callable[..., Scenario]:
    """A project of its own with the given tasks."""
    return lambda *tasks: Scenario(server, server.client(), task_ids, list(tasks))


__all__ = ["NATIVE"]
