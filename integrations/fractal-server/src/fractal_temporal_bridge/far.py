"""Public files of a run whose directory this machine does not see: its workers are asked (docs/from-afar.md)."""

import asyncio
import base64
import gzip
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import TimeoutError as TimedOutError

from .temporal import Temporal, is_away
from .together import Piece, Together
from .tunables import (
    FAR_AT_ONCE,
    FAR_FIRST_SECONDS,
    FAR_READS_OF_A_CHANGING_FILE,
    FAR_SILENCE_MOST_SECONDS,
    FAR_SILENCE_SECONDS,
    FAR_WORKFLOW_SECONDS,
    PIECE_BYTES,
)

_REFUSED = "RunFileRefused"


class FarError(OSError):
    """A file cannot be had from the run's workers now."""


class FarRefusedError(FarError):
    """The workers refuse, in words: no directory of a run (yet), or no public file of it."""


@dataclass
class Far:
    temporal: Temporal
    workflow_queue: str
    #: `workflow_dir`, and `backend` and `activity_task_queue` as in the run's request.
    of: dict[str, str]
    #: Why nothing was read at the last look; None where it was.
    refused: str | None = None
    _asked: "Future[bytes] | None" = None
    _silence: float = FAR_SILENCE_SECONDS
    _next: float = field(default_factory=lambda: monotonic() + FAR_FIRST_SECONDS)
    _brought: "set[Future[None]]" = field(default_factory=set)
    _turns: asyncio.Semaphore | None = None
    _together: Together | None = None

    def read(self, path: str) -> bytes:
        """The whole of a file; raises FileNotFoundError, FarError."""
        return self.temporal.call(self._file(path))

    def names(self, folder: str) -> list[str]:
        """What is public in a folder of the run, the folders among it with a slash; raises FarError."""
        return self.temporal.call(self._names(folder))

    def names_in(self, folders: list[str]) -> list[list[str]]:
        """Of several folders at once."""
        return self.temporal.call(self._names_in(folders))

    def news(self, path: str, offset: int) -> bytes | None:
        """What a file has from `offset` on. None while the workers have not answered, or a silent run is left alone.

        Asked in the background: whoever follows a run has to look after other things. Raises FarError.
        """
        if self._asked is None:
            if monotonic() >= self._next:
                self._asked = self.temporal.submit(self._from(path, offset))
            return None
        if not self._asked.done():
            return None
        asked, self._asked = self._asked, None
        self._silence = min(self._silence * 1.5, FAR_SILENCE_MOST_SECONDS)
        self._next = monotonic() + self._silence
        try:
            content = asked.result()
        except FarRefusedError as error:
            self.refused = str(error)
            return b""
        self.refused = None
        if content:
            self._silence, self._next = FAR_SILENCE_SECONDS, 0.0
        return content

    def hurry(self) -> None:
        """The run has ended: what is still to come is there by now."""
        self._silence, self._next = FAR_SILENCE_SECONDS, 0.0

    def bring(self, path: str, target: Path) -> None:
        """Copies a file in the background, some at once; what fails is found missing by whoever looks at the end."""
        brought = self.temporal.submit(self._bring(path, target))
        self._brought.add(brought)
        brought.add_done_callback(self._brought.discard)

    def wait(self) -> None:
        """Until all that was to be brought is there, or has failed."""
        for brought in list(self._brought):
            brought.exception()

    async def ask(self, workflow: str, **more: Any) -> dict[str, Any]:
        """One short workflow, by the workers that see the run's directory."""
        client = await self.temporal.client()
        try:
            answer: dict[str, Any] = await client.execute_workflow(
                workflow,
                {**self.of, **more},
                id=f"{workflow}-{uuid4()}",
                task_queue=self.workflow_queue,
                execution_timeout=timedelta(seconds=FAR_WORKFLOW_SECONDS),
            )
        except WorkflowFailureError as failure:
            raise self._error(failure) from failure
        except Exception as error:
            if is_away(error):
                raise FarError(f"Temporal does not answer: {error}") from error
            raise
        return answer

    def _error(self, failure: WorkflowFailureError) -> FarError:
        cause: BaseException | None = failure.cause
        if isinstance(cause, ActivityError):
            cause = cause.cause
        queue = self.of.get("activity_task_queue") or "of its backend"
        if isinstance(cause, ApplicationError):
            return (FarRefusedError if cause.type == _REFUSED else FarError)(cause.message)
        if isinstance(cause, TimedOutError):
            words = f"{self.of['workflow_dir']} is not to be seen from here, and no worker on queue {queue} answers"
            return FarError(words)
        return FarError(str(cause or failure))

    async def _ask_pieces(self, wanted: Piece) -> Piece:
        return await self.ask("readRunFile", **wanted)

    async def _piece(self, path: str, offset: int) -> tuple[Piece, bytes]:
        # Made in the loop that uses it.
        self._together = self._together or Together(self._ask_pieces)
        answer = await self._together.piece({"path": path, "offset": offset, "length": PIECE_BYTES, "digest": True})
        return answer, _content(answer)

    async def _from(self, path: str, offset: int) -> bytes:
        return _content(await self.ask("readRunFile", path=path, offset=offset, length=PIECE_BYTES, digest=False))

    async def _pieces(self, path: str, take: Callable[[int, bytes], None]) -> str:
        """Hands over what a file holds piece by piece, each with its place, and returns its kind.

        One that is written to meanwhile has another digest at the end, and is read again from its beginning.
        """
        for _ in range(FAR_READS_OF_A_CHANGING_FILE):
            read, digest = 0, hashlib.sha256()
            while True:
                answer, piece = await self._piece(path, read)
                take(read, piece)
                digest.update(piece)
                read += len(piece)
                if not piece or read >= answer["size"]:
                    break
            if answer["kind"] == "missing" or digest.hexdigest() == answer["sha256"]:
                return str(answer["kind"])
        raise FarError(f"{path} changes while it is read")

    async def _whole(self, path: str) -> tuple[str, bytes]:
        """Kind and content."""
        content = bytearray()

        def take(offset: int, piece: bytes) -> None:
            content[offset:] = piece

        return await self._pieces(path, take), bytes(content)

    async def _names(self, folder: str) -> list[str]:
        kind, content = await self._whole(folder)
        return content.decode().splitlines() if kind == "folder" else []

    async def _names_in(self, folders: list[str]) -> list[list[str]]:
        return await asyncio.gather(*(self._names(folder) for folder in folders))

    async def _file(self, path: str) -> bytes:
        kind, content = await self._whole(path)
        if kind != "file":
            raise self._missing(path)
        return content

    async def _bring(self, path: str, target: Path) -> None:
        # Made in the loop that uses it.
        self._turns = self._turns or asyncio.Semaphore(FAR_AT_ONCE)
        async with self._turns:
            await self._copy(path, target)

    async def _copy(self, path: str, target: Path) -> None:
        """Onto the disk as it comes: of many files at once no more is in memory than the answers under way."""
        with draft_of(target) as draft:

            def take(offset: int, piece: bytes) -> None:
                with draft.open("ab" if offset else "wb") as file:
                    file.write(piece)

            if await self._pieces(path, take) != "file":
                raise self._missing(path)

    def _missing(self, path: str) -> FileNotFoundError:
        return FileNotFoundError(f"{self.of['workflow_dir']}/{path} is not there, its workers say")


def _content(piece: Piece) -> bytes:
    return gzip.decompress(base64.b64decode(piece["data"])) if piece["data"] else b""


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """A file that becomes `target` when all went well: never seen in part, the server shows it while the job runs."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{uuid4().hex[:8]}")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def write_whole(target: Path, content: bytes) -> None:
    with draft_of(target) as draft:
        draft.write_bytes(content)
