"""Reads `events.jsonl`, the public file in which a run says what happens (docs/events.md)."""

import json
from typing import Any, TypedDict

from .folder import RunFolder

EVENTS = "events.jsonl"


class Event(TypedDict, total=False):
    """The fields of a line that are used here; which of them it has depends on `event`."""

    seq: int
    event: str
    workflow_id: str
    workflow_dir: str
    task_index: int
    #: 0, and a higher number with each retry or skip of a task that is held.
    generation: int
    workflow_task_order: int
    task_name: str
    available_images: int
    units: int
    component: str
    #: Of `units_planned`: a file with a line per unit {index, component, zarr_urls, log_file}.
    file: str
    index: int
    status: str
    log_file: str
    reason: str
    #: Of `task_applied`: files with the image list, the task run and its units.
    images_file: str
    record: str
    units_file: str
    failed_units: int
    total_units: int
    error: dict[str, Any] | None


class EventReader:
    """Hands out each line once, in order. A line counts when it is whole."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._offset = 0

    def new(self) -> list[Event]:
        """Lines that have come since the last call; raises OSError."""
        content = self._folder.read_from(EVENTS, self._offset)
        end = content.rfind(b"\n") + 1
        # A file system that does not show all of a write yet shows zeros: the rest is for the next look.
        if b"\0" in content[:end]:
            end = content.rfind(b"\n", 0, content.index(b"\0")) + 1
        self._offset += end
        return [json.loads(line) for line in content[:end].splitlines() if line]
