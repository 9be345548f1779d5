"""Pieces of files that are asked for at the same time travel together: each question is a workflow of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .tunables import FAR_ASKS_AT_ONCE, FAR_TOGETHER, FAR_TOGETHER_SECONDS

#: Arguments and answer of the workflow type `readRunFile` (docs/from-afar.md), but for which run it is about.
Piece = dict[str, Any]
Ask = Callable[[Piece], Awaitable[Piece]]

#: What comes first in an answer that is about the others: no bytes of the run's own directory.
_NOTHING: Piece = {"path": "", "length": 0, "digest": False}


class Together:
    """Used in one event loop, in which it is made."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._waiting: list[tuple[Piece, asyncio.Future[Piece]]] = []
        self._turns = asyncio.Semaphore(FAR_ASKS_AT_ONCE)
        self._sending: set[asyncio.Task[None]] = set()

    async def piece(self, wanted: Piece) -> Piece:
        """May be shorter than was asked for; raises what `ask` does."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Piece] = loop.create_future()
        if not self._waiting:
            loop.call_later(FAR_TOGETHER_SECONDS, self._flush)
        self._waiting.append((wanted, answer))
        return await answer

    def _flush(self) -> None:
        everything, self._waiting = self._waiting, []
        for start in range(0, len(everything), FAR_TOGETHER):
            self._begin(self._send(everything[start : start + FAR_TOGETHER]))

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, these: list[tuple[Piece, "asyncio.Future[Piece]"]]) -> None:
        while len(these) > 1:
            try:
                async with self._turns:
                    answer = await self._ask({**_NOTHING, "more": [wanted for wanted, _ in these]})
            except Exception as error:
                for _, future in these:
                    _fail(future, error)
                return
            # Nothing, of a worker that is older than this way to ask.
            pieces = answer.get("more") or []
            for (wanted, future), piece in zip(these, pieces, strict=False):
                if piece is None:
                    self._begin(self._alone(wanted, future))
                elif not future.done():
                    future.set_result(piece)
            these = these[len(pieces) :]
            if not pieces:
                break
        for wanted, future in these:
            self._begin(self._alone(wanted, future))

    async def _alone(self, wanted: Piece, future: "asyncio.Future[Piece]") -> None:
        try:
            async with self._turns:
                answer = await self._ask(wanted)
        except Exception as error:
            _fail(future, error)
        else:
            if not future.done():
                future.set_result(answer)


def _fail(future: "asyncio.Future[Piece]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
