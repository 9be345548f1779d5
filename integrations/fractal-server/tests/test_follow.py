"""What a follower asks of a run that it sees from afar."""

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from fractal_temporal_bridge import follow
from fractal_temporal_bridge.far import Far
from fractal_temporal_bridge.folder import RunFolder
from fractal_temporal_bridge.follow import Follower, NoRecorder


class Answers:
    """Of the connection: the run's status, and how often it was asked."""

    def __init__(self, status: str | None) -> None:
        self.given = status
        self.asked = 0

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)

    async def status(self, _workflow_id: str) -> str:
        self.asked += 1
        if self.given is None:
            raise OSError("away")
        return self.given


@pytest.mark.parametrize(
    ("status", "is_far", "rests"),
    [
        ("held", True, True),
        ("paused", True, True),
        ("running", True, False),
        (None, True, False),
        ("held", False, False),
    ],
)
def test_a_run_that_rests_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str | None, is_far: bool, rests: bool
) -> None:
    now = 1000.0
    monkeypatch.setattr(follow, "monotonic", lambda: now)
    answers: Any = Answers(status)
    far = Far(answers, "fractal", {"workflow_dir": str(tmp_path)}) if is_far else None
    folder = RunFolder(tmp_path, tmp_path, "run-1", far)
    follower = Follower(
        temporal=answers,
        workflow_id="run-1",
        queues="",
        folder=folder,
        recorder=NoRecorder(),
        logger=logging.getLogger("test"),
        pause=lambda _seconds: None,
    )
    follower._news_at = now
    # It has just said something.
    assert (follower._rests(), answers.asked) == (False, 0)
    now += 60
    assert (follower._rests(), follower._rests(), answers.asked) == (rests, rests, 1 if is_far else 0)
    now += 60
    # Somebody has acted.
    answers.given = "running"
    assert follower._rests() is False
