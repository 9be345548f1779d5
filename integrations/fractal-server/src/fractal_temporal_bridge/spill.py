"""A request that is too large for Temporal: kept in the server's folder, and handed to the run's workers in pieces."""

import base64
import gzip
from pathlib import Path
from typing import Any

from .errors import RequestError
from .far import Far, FarError, write_whole
from .folder import PRIVATE
from .request import encoded
from .tunables import MAX_REQUEST_BYTES, PIECE_BYTES

#: Its folder among the runner's own files.
SPILL = "spill"


def argument_of(request: dict[str, Any], run_dir: Path, job_dir: Path) -> dict[str, Any]:
    """What Temporal is given: the request, or where it will lie when it is large (docs/client.md, "Large requests").

    Raises RequestError when it cannot be kept.
    """
    content, digest = encoded(request)
    if len(content) <= MAX_REQUEST_BYTES:
        return request
    copy = _copy(job_dir, digest)
    try:
        write_whole(copy, content)
    except OSError as error:
        size = f"The request has {len(content)} bytes, more than Temporal carries"
        raise RequestError(f"{size}, and {copy} cannot be written: {error}") from error
    named = {name: request[name] for name in ("backend", "activity_task_queue")}
    return {"request_file": str(run_dir / PRIVATE / SPILL / copy.name), "sha256": digest, **named}


async def deliver(argument: dict[str, Any], far: Far, job_dir: Path) -> None:
    """Gives the workers what `argument` refers to, unless they have it. Raises FarError."""
    if "request_file" not in argument:
        return
    digest = argument["sha256"]
    content = _copy(job_dir, digest).read_bytes()

    async def send(offset: int, piece: bytes) -> bool:
        data = base64.b64encode(gzip.compress(piece)).decode() if piece else ""
        answer = await far.ask("writeRunFile", sha256=digest, size=len(content), offset=offset, data=data)
        return bool(answer["complete"])

    if await send(0, b""):
        return
    for offset in range(0, len(content), PIECE_BYTES):
        if await send(offset, content[offset : offset + PIECE_BYTES]):
            return
    raise FarError(f"{argument['request_file']}: the request was sent and is not complete there")


def _copy(job_dir: Path, digest: str) -> Path:
    return job_dir / PRIVATE / SPILL / f"{digest}.json"
