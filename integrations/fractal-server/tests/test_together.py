"""How many questions to a run's workers several files take."""

import asyncio
from typing import Any

import pytest

from fractal_temporal_bridge.far import FarError, FarRefusedError
from fractal_temporal_bridge.together import Piece, Together


class Workers:
    """Have room for so many pieces in an answer; None: of before the time of several pieces."""

    def __init__(self, room: int | None) -> None:
        self._room = room
        self.asked: list[Any] = []

    async def ask(self, wanted: Piece) -> Piece:
        more = wanted.get("more")
        self.asked.append(wanted["path"] if more is None else len(more))
        if wanted["path"] == "odd":
            raise FarRefusedError("odd")
        if more is None or self._room is None:
            return {"data": wanted["path"]}
        pieces = [None if one["path"] == "odd" else {"data": one["path"]} for one in more[: self._room]]
        return {"data": "", "more": pieces}


def read(workers: Workers, paths: list[str]) -> list[Any]:
    async def work() -> list[Any]:
        together = Together(workers.ask)
        asked = [together.piece({"path": path}) for path in paths]
        return await asyncio.gather(*asked, return_exceptions=True)

    return [one if isinstance(one, Exception) else one["data"] for one in asyncio.run(work())]


@pytest.mark.parametrize(
    ("room", "paths", "asked"),
    [
        (100, ["a"], ["a"]),
        (100, ["a", "b", "c"], [3]),
        (2, ["a", "b", "c", "d", "e"], [5, 3, "e"]),
        (100, [str(number) for number in range(250)], [100, 100, 50]),
        (None, ["a", "b"], [2, "a", "b"]),
    ],
)
def test_pieces_travel_together(room: int | None, paths: list[str], asked: list[Any]) -> None:
    workers = Workers(room)
    assert read(workers, paths) == paths
    assert workers.asked == asked


def test_one_that_is_refused_fails_alone() -> None:
    workers = Workers(100)
    a, odd, b = read(workers, ["a", "odd", "b"])
    assert (a, b) == ("a", "b")
    assert isinstance(odd, FarRefusedError)
    assert workers.asked == [3, "odd"]


def test_nobody_answers() -> None:
    async def ask(_: Piece) -> Piece:
        raise FarError("nobody")

    workers = Workers(100)
    workers.ask = ask  # type: ignore[method-assign]
    assert [type(one) for one in read(workers, ["a", "b"])] == [FarError, FarError]
