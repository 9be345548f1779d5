"""Follows a run to its end: hands its events to a recorder, passes on the wish to stop, says what it waits for.

It comes back when the run has ended, and never before: whoever called would pack and remove the folder that the run
works in.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from .ending import Ending, ending_of_result
from .events import Event, EventReader
from .folder import RunFolder
from .temporal import Temporal, is_away
from .tunables import (
    FAR_REST_SECONDS,
    FAR_SILENCE_MOST_SECONDS,
    LAST_EVENT_SECONDS,
    NO_WORKER_SECONDS,
    POLL_SECONDS,
    REPEAT_WORDS_SECONDS,
)
from .watch import watch_run

RESULT = "result.json"


class Recorder(Protocol):
    """Where the events of a run go. Every call may be repeated with events that were handed over already."""

    def record(self, events: list[Event]) -> None: ...

    def close(self) -> None: ...


class NoRecorder:
    """For a program without a database: the run's own files are its records."""

    def record(self, events: list[Event]) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass
class Follower:
    temporal: Temporal
    workflow_id: str
    #: Queues that need a worker, for people.
    queues: str
    folder: RunFolder
    recorder: Recorder
    logger: logging.Logger
    #: Waits so many seconds; does not come back when this process is to end.
    pause: Callable[[float], None]
    #: Why the run is to be stopped; None while it is not.
    stop_wanted: Callable[[], str | None] = lambda: None
    _said: dict[str, tuple[str, float]] = field(default_factory=dict)
    _opened: bool = False
    _news_at: float = field(default_factory=monotonic)
    _rest_asked_at: float = 0.0
    _is_resting: bool = False

    def follow(self) -> Ending:
        """Comes back with how the run has ended, when all its events are recorded."""
        watch = watch_run(self.temporal, self.workflow_id)
        reader = EventReader(self.folder)
        since = monotonic()
        stopped: str | None = None
        over_since: float | None = None
        while True:
            is_over = watch.ending is not None or watch.forgotten
            events = None if not is_over and self._rests() else self._read(reader)
            if events:
                self._tell(events)
                self.recorder.record(events)
            if any(event["event"] == "run_closed" for event in events or []):
                watch.stopped = True
                return self._close(self._of_result(watch.ending), stopped)
            if is_over:
                if over_since is None:
                    self.folder.hurry()
                    over_since = monotonic()
                # A run that was refused writes no event at all.
                is_refused = watch.ending is not None and watch.ending.type == "InvalidRequestError"
                # What cannot be read now is waited for, until somebody has enough of it.
                is_read = events is not None or self.stop_wanted() is not None
                if is_refused or (is_read and monotonic() - over_since > LAST_EVENT_SECONDS):
                    return self._close(self._of_result(watch.ending), stopped)
            away = watch.away
            self.say("Temporal", away and f"Temporal does not answer ({away}): waiting, the run is not lost")
            is_open = self._opened or away is not None or monotonic() - since < NO_WORKER_SECONDS
            self.say("a worker", None if is_open else f"No worker has taken the run: is one on {self.queues}?")
            if stopped is None and (reason := self.stop_wanted()) is not None and self._cancel():
                stopped = reason
                self.logger.info(f"{reason}: the run is being cancelled")
            self.pause(POLL_SECONDS)

    def say(self, about: str, words: str | None) -> None:
        """Writes what a job waits for into its log: once, again after minutes, and when it is over."""
        before = self._said.get(about)
        if words is None:
            if self._said.pop(about, None) is not None:
                self.logger.info(f"Waits no longer: {about}")
        elif before is None or (before[0] != words and monotonic() - before[1] > REPEAT_WORDS_SECONDS):
            self.logger.warning(words)
            self._said[about] = (words, monotonic())

    def _rests(self) -> bool:
        """Held or paused: nothing happens until somebody acts. Asking the run's workers would keep them for nothing."""
        if self.folder.far() is None or monotonic() - self._news_at < FAR_REST_SECONDS:
            return False
        if monotonic() - self._rest_asked_at > FAR_SILENCE_MOST_SECONDS:
            self._rest_asked_at = monotonic()
            try:
                status = self.temporal.call(self.temporal.status(self.workflow_id))
            except Exception:
                # Away, or over: whatever it is, others find out.
                status = ""
            self._is_resting = status in ("held", "paused")
        return self._is_resting

    def _read(self, reader: EventReader) -> list[Event] | None:
        """None where it is not known whether something has happened."""
        try:
            events = reader.new()
        except OSError as error:
            self.say("the run's files", f"The run's files cannot be read ({error}): waiting")
            return None
        if events:
            self._news_at = monotonic()
        if events is not None:
            refused = self.folder.refused if self._opened else None
            self.say("the run's files", refused and f"The run's workers show nothing of it ({refused}): waiting")
        return events

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            if event["event"] == "run_opened":
                self._opened = True
            elif event["event"] == "batch_waiting":
                self.logger.info(f"Task {event['task_index']}, {event['component']}: waits ({event['reason']})")
            elif event["event"] == "held":
                units = f"{event['failed_units']} of {event['total_units']} units have failed"
                self.logger.warning(f"{units}: the run {self.workflow_id} waits for its operator (retry, skip, stop)")

    def _cancel(self) -> bool:
        try:
            self.temporal.call(self.temporal.cancel(self.workflow_id))
        except Exception as error:
            if not is_away(error):
                raise
            return False
        return True

    def _of_result(self, ending: Ending | None) -> Ending:
        """Temporal's own word if there is one; else what the run has left in its folder."""
        if ending is not None and (ending.status != "failed" or ending.type is not None):
            return ending
        try:
            result: dict[str, Any] = json.loads(self.folder.read(RESULT))
        except (OSError, ValueError) as error:
            words = f"Temporal knows nothing of the run {self.workflow_id} and it has left no result ({error})"
            return Ending("failed", "JobExecutionError", words)
        return ending_of_result(result)

    def _close(self, ending: Ending, stopped: str | None) -> Ending:
        if ending.status == "cancelled":
            words = stopped or self.stop_wanted() or "The run was cancelled"
            ending = Ending("cancelled", "JobExecutionError", words, ending.details)
        self.recorder.close()
        return ending
