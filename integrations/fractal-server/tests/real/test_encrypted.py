"""A namespace whose payloads are encrypted: runner and server with the same key ring, and with one that is wrong."""

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from .fractal import Fractal
from .runner import Runner
from .test_plain import call


def key_ring(file: Path) -> Path:
    key = {"id": file.stem, "key": b64encode(os.urandom(32)).decode(), "from": "2026-01-01T00:00:00.000Z"}
    file.write_text(json.dumps({"version": 1, "keys": [key]}))
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def keys(folder: Path) -> Path:
    return key_ring(folder / "keys.json")


@pytest.fixture(scope="module")
def encrypting(folder: Path, keys: Path) -> Iterator[Runner]:
    started = Runner(folder / "encrypting", keys=keys)
    yield started
    started.stop()


def test_encrypted(encrypting: Runner, keys: Path, tmp_path: Path) -> None:
    """Request, result and failure are read and written by both sides, and Temporal keeps none of their words."""
    secret = "a-word-that-nobody-may-read"
    noted = {"runs_file": str(tmp_path / "runs"), "word": secret}
    assert call(encrypting, tmp_path, keys=keys, arguments=noted) == "done\n"
    assert (tmp_path / "runs").read_text() == "measure 00\n"
    failing = tmp_path / "failing"
    failing.mkdir()
    said = call(encrypting, failing, keys=keys, arguments={"fail": ["00"], "word": secret})
    assert said.startswith("task Measure 0 ")
    assert "cannot measure 00" in said
    database = b"".join(path.read_bytes() for path in encrypting.home.rglob("*.db*"))
    assert (b"processWorkflow" in database, secret.encode() in database) == (True, False)


@pytest.mark.skipif(os.getuid() != 0, reason="mount namespaces need root")
def test_encrypted_from_afar(encrypting: Runner, keys: Path, tmp_path: Path) -> None:
    assert call(encrypting, tmp_path, keys=keys, hidden=True) == "done\n"


@pytest.mark.long
def test_a_wrong_key_ring_stops_the_start(server: Fractal, python: Path, tmp_path: Path) -> None:
    file = key_ring(tmp_path / "open.json")
    file.chmod(0o644)
    env = {**server.environment, "FRACTAL_TEMPORAL_KEYS": str(file)}
    command = [str(python), "-c", "import fractal_temporal_bridge.main"]
    done = subprocess.run(command, env=env, cwd=server.folder, capture_output=True, text=True)
    assert (done.returncode != 0, "mode 0644" in done.stderr) == (True, True)
