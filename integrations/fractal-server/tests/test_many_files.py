"""Many files that are brought from afar at once: the questions in flight, and what is held in memory meanwhile."""

import asyncio
import base64
import gzip
import hashlib
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fractal_temporal_bridge.far import Far
from fractal_temporal_bridge.temporal import Temporal
from fractal_temporal_bridge.together import Piece
from fractal_temporal_bridge.tunables import FAR_ASKS_AT_ONCE, FAR_TOGETHER, PIECE_BYTES


class Workers(Far):
    """Of a run whose files hold so many zeros. None of the first `awaited` questions is answered before the last."""

    def __init__(self, size: int, awaited: int = 1) -> None:
        super().__init__(Temporal(), "fractal", {"workflow_dir": "/run"})
        self._content = bytes(size)
        self._sha256 = hashlib.sha256(self._content).hexdigest()
        self._awaited = awaited
        self._all_asked = asyncio.Event()
        self._in_flight = self.most = 0

    async def ask(self, workflow: str, **wanted: Any) -> dict[str, Any]:
        assert workflow == "readRunFile"
        self._in_flight += 1
        self.most = max(self.most, self._in_flight)
        if self._in_flight >= self._awaited:
            self._all_asked.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_asked.wait(), 20)
        # Where they never are, what is asserted says so.
        self._all_asked.set()
        self._in_flight -= 1
        if "more" not in wanted:
            return self._piece_of(wanted, PIECE_BYTES)
        # As workers do: all pieces of an answer hold one piece's bytes, the last may be shorter.
        room, pieces = PIECE_BYTES, []
        for one in wanted["more"]:
            if room <= 0:
                break
            pieces.append(self._piece_of(one, room))
            room -= len(self._content[one["offset"] : one["offset"] + room])
        return {"data": "", "more": pieces}

    def _piece_of(self, wanted: Piece, room: int) -> Piece:
        data = self._content[wanted["offset"] : wanted["offset"] + min(room, wanted["length"])]
        text = base64.b64encode(gzip.compress(data, 1)).decode()
        return {"kind": "file", "size": len(self._content), "sha256": self._sha256, "data": text}


def bring(workers: Workers, folder: Path, count: int) -> None:
    for number in range(count):
        workers.bring(f"0_a/{number}", folder / str(number))
    workers.wait()


def test_so_many_questions_at_once_as_may_be(tmp_path: Path) -> None:
    workers = Workers(3, awaited=FAR_ASKS_AT_ONCE)
    count = 2 * FAR_ASKS_AT_ONCE * FAR_TOGETHER
    bring(workers, tmp_path, count)
    assert workers.most == FAR_ASKS_AT_ONCE
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [3] * count


def test_large_files_are_never_whole_in_memory(tmp_path: Path) -> None:
    """All of them together hold several times what may be in memory: a piece for each question, and as much again."""
    size, count = 8 * PIECE_BYTES, 16
    workers = Workers(size)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    bring(workers, tmp_path, count)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [size] * count
    assert peak < 2 * FAR_ASKS_AT_ONCE * PIECE_BYTES


def test_what_is_missing_or_changes_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(3)
    workers._sha256 = "another"
    bring(workers, tmp_path, 2)
    assert list(tmp_path.iterdir()) == []
    gone = {"kind": "missing", "size": 0, "sha256": None, "data": ""}
    monkeypatch.setattr(workers, "_piece_of", lambda *_: gone)
    bring(workers, tmp_path, 2)
    assert list(tmp_path.iterdir()) == []
