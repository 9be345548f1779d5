"""Settings, the reader of events, endings: what needs no server."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload

from fractal_temporal_bridge.ending import Ending, ending_of_result, words_of
from fractal_temporal_bridge.errors import JobExecutionError, TaskExecutionError
from fractal_temporal_bridge.events import EventReader
from fractal_temporal_bridge.folder import RunFolder
from fractal_temporal_bridge.keys import KeyRing, KeyRingError, key_ring
from fractal_temporal_bridge.process import error_of
from fractal_temporal_bridge.settings import Settings


def test_one_queue_per_cluster_user() -> None:
    settings = Settings.load({})
    assert settings.queue_for("local", "anna") == "fractal-local"
    assert settings.queue_for("slurm", "anna") == "fractal-slurm.anna"
    assert settings.queue_for("slurm", None) == "fractal-slurm"
    assert Settings.load({"FRACTAL_BRIDGE_QUEUE": "q-{user}"}).queue_for("slurm", "bo") == "q-bo"
    with pytest.raises(ValueError, match="no cluster user"):
        Settings.load({"FRACTAL_BRIDGE_QUEUE": "q-{user}"}).queue_for("local", None)


def test_settings_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='"remote" or "local", got "here"'):
        Settings.load({"FRACTAL_BRIDGE_RUN_IN": "here"})
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        Settings.load({"FRACTAL_BRIDGE_RECOVERY": str(tmp_path / "none.json")})


def test_events_are_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    reader = EventReader(RunFolder(tmp_path, tmp_path))
    assert reader.new() == []
    lines = [json.dumps({"seq": number, "event": "x"}).encode() + b"\n" for number in range(3)]
    file.write_bytes(lines[0] + lines[1][:5])
    assert [event["seq"] for event in reader.new()] == [0]
    assert reader.new() == []
    # A shared file system that shows zeros where a write is still to come.
    file.write_bytes(lines[0] + lines[1] + b"\0" * 20 + b"\n")
    assert [event["seq"] for event in reader.new()] == [1]
    file.write_bytes(b"".join(lines))
    assert [event["seq"] for event in reader.new()] == [2]


def test_a_run_apart_from_the_server(tmp_path: Path) -> None:
    run, job = tmp_path / "run", tmp_path / "job"
    (run / "0_a").mkdir(parents=True)
    (run / ".runner").mkdir()
    job.mkdir()
    for name in ("0_a/log.txt", ".runner/run.json", "workflow.log", "result.json"):
        (run / name).write_text(name)
    (job / "workflow.log").write_text("the server's")
    folder = RunFolder(run, job)
    assert folder.shown(str(run / "0_a/log.txt")) == folder.shown("0_a/log.txt") == str(job / "0_a/log.txt")
    folder.fetch("0_a/log.txt")
    folder.fetch_all()
    there = sorted(str(path.relative_to(job)) for path in job.rglob("*") if path.is_file())
    assert there == ["0_a/log.txt", "result.json", "workflow-run.log", "workflow.log"]
    assert (job / "workflow.log").read_text() == "the server's"


def test_a_key_ring_is_rotated_while_it_is_used(tmp_path: Path) -> None:
    def ring(*names: str) -> None:
        keys = [
            {"id": name, "key": b64encode(name.encode() * 32).decode(), "from": f"2026-01-0{index + 1}T00:00:00.000Z"}
            for index, name in enumerate(names)
        ]
        file.write_text(json.dumps({"version": 1, "keys": keys}))

    file = tmp_path / "keys.json"
    file.touch(mode=0o600)
    ring("a")
    old = KeyRing(file)
    ring("a", "b")
    new = KeyRing(file)
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'"word"')
    sealed = asyncio.run(new.encode([payload]))
    assert (sealed[0].metadata["encryption-key-id"], b"word" in sealed[0].data) == (b"b", False)
    # It did not have the key when it was read.
    assert asyncio.run(old.decode([*sealed, payload])) == [payload, payload]
    sealed[0].data = sealed[0].data[:-1] + bytes([sealed[0].data[-1] ^ 1])
    with pytest.raises(KeyRingError, match="was changed since"):
        asyncio.run(old.decode(sealed))
    ring("c")
    with pytest.raises(KeyRingError, match="key 'b', which"):
        asyncio.run(KeyRing(file).decode(sealed))


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [("{}", 0o600, "form of"), ("{", 0o600, "form of"), ("{}", 0o604, "mode 0604"), ("{}", 0o620, "mode 0620")],
)
def test_a_key_ring_that_is_none(tmp_path: Path, text: str, mode: int, words: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(KeyRingError, match=words):
        key_ring({"FRACTAL_TEMPORAL_KEYS": str(file)})


def test_endings() -> None:
    details = {"workflow_task_order": 1, "task_name": "Measure", "exit_code": 1, "log_tail": "Traceback"}
    result = {"status": "failed", "error": {"type": "TaskExecutionError", "message": "It failed", "details": details}}
    ending = ending_of_result(result)
    error = error_of(ending, TaskExecutionError, JobExecutionError)
    assert isinstance(error, TaskExecutionError)
    assert (error.task_name, error.workflow_task_order) == ("Measure", 1)
    assert words_of(ending).splitlines() == ["It failed", "exit_code: 1", "", "Traceback"]
    # A server that does not know the class any more gets the other.
    assert isinstance(error_of(ending, None, JobExecutionError), JobExecutionError)
    assert ending_of_result({"status": "done"}) == Ending("done")
