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
    """Hands out each line once, in order. A line counts when it ends with a newline and is JSON."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._offset = 0

    def new(self) -> list[Event] | None:
        """Lines that have come since the last call, None where nobody has answered yet; raises OSError."""
        content = self._folder.news(EVENTS, self._offset)
        if content is None:
            return None
        events: list[Event] = []
        for line in content.splitlines(keepends=True):
            try:
                if not line.endswith(b"\n"):
                    break
                events.append(json.loads(line))
            except ValueError:
                # A shared file system does not show all of a write yet: the rest is for the next look.
                break
            self._offset += len(line)
        return events
