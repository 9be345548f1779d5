"""Writes what happens in a run into a server's database, as the server's own runner does (docs/fractal-server.md).

Every call may come again with events that were written already, by another process too: rows are found by what they
are about, and the end of a task is one transaction that counts only while its run is not over.
"""

from collections.abc import Callable, Iterable
from itertools import groupby

from ..events import Event
from ..folder import RunFolder
from . import rows
from .applied import apply_task
from .context import JobContext, TaskContext
from .seam import Seam

#: Components whose images are those that the task was given; a compound's compute units are no news about them.
_GIVEN_IMAGES = ("non_parallel", "parallel", "init")


class DatabaseRecorder:
    """`guarded` runs a write: again while database or storage are away, and only while the job is ours."""

    def __init__(
        self, seam: Seam, job: JobContext, folder: RunFolder, guarded: Callable[[Callable[[], None]], None]
    ) -> None:
        self._seam = seam
        self._job = job
        self._folder = folder
        self._guarded = guarded
        self._runs: dict[int, int] = {}
        self._units: dict[int, dict[str, int]] = {}
        #: The last application of a task that failed: final when the run goes on without a retry of it, or ends.
        self._pending: Event | None = None
        #: Whether a task was applied and no unit of a next one has ended since.
        self.at_boundary = False

    def record(self, events: list[Event]) -> None:
        """Writes events in their order; ends of units that stand together are one write."""
        for kind, some in groupby(events, key=lambda event: event["event"]):
            together = list(some)
            if kind in ("unit_ended", "task_applied"):
                self.at_boundary = kind == "task_applied"
            if kind == "unit_ended":
                self._guarded(lambda ended=together: self._ended(ended))  # type: ignore[misc]
                continue
            for event in together:
                self._one(kind, event)

    def close(self) -> None:
        """What is still open when the run has ended will not be done any more."""
        self._settle()
        self._guarded(self._give_up)

    def _one(self, kind: str, event: Event) -> None:
        if kind == "task_planned":
            if self._pending is not None and self._pending["task_index"] != event["task_index"]:
                self._settle()
            self._pending = None
            self._guarded(lambda: self._planned(event))
        elif kind == "units_planned":
            self._guarded(lambda: self._units_planned(event))
        elif kind == "task_applied":
            self._pending = event
            if event["status"] == "done":
                self._settle()

    def _settle(self) -> None:
        event, self._pending = self._pending, None
        if event is not None:
            self._guarded(lambda: self._applied(event))

    def _task(self, event: Event) -> TaskContext:
        return self._job.tasks[event["task_index"]]

    def _planned(self, event: Event) -> None:
        with self._seam.transaction() as session:
            rows.one_writer(session, self._job.job_id)
            run = rows.ensure_run(self._seam, session, self._job, self._task(event), event["available_images"])
        self._runs[event["task_index"]] = run

    def _units_planned(self, event: Event) -> None:
        task, run = self._task(event), self._runs[event["task_index"]]
        planned = [
            (self._folder.shown(line["log_file"]), list(line["zarr_urls"]))
            for line in self._folder.lines(event["file"])
            if line["component"] == event["component"]
        ]
        with self._seam.transaction() as session:
            rows.one_writer(session, self._job.job_id)
            units = rows.add_units(self._seam, session, run, planned)
            if event["component"] in _GIVEN_IMAGES:
                images = {url: units[logfile] for logfile, urls in planned for url in urls}
                rows.point_images(self._seam, session, self._job, task, images)
        self._units[event["task_index"]] = units

    def _ended(self, events: Iterable[Event]) -> None:
        statuses: dict[int, str] = {}
        logs: dict[int, str] = {}
        for event in events:
            self._folder.fetch(event["log_file"])
            # Units of a compound succeed or fail together, and that is known when all have ended.
            if self._task(event).is_compound:
                continue
            logfile = self._folder.shown(event["log_file"])
            unit_id = self._units.get(event["task_index"], {}).get(logfile)
            if unit_id is not None:
                statuses[unit_id], logs[unit_id] = event["status"], logfile
        if not statuses:
            return
        warned = {unit_id for unit_id, log in logs.items() if rows.warns(log)}
        with self._seam.transaction() as session:
            rows.one_writer(session, self._job.job_id)
            still = rows.of_open_runs(self._seam, session, statuses)
            rows.set_statuses(self._seam, session, still)
            rows.set_warnings(self._seam, session, [unit_id for unit_id in still if unit_id in warned])

    def _applied(self, event: Event) -> None:
        apply_task(self._seam, self._job, self._task(event), self._folder, event)

    def _give_up(self) -> None:
        with self._seam.transaction() as session:
            rows.one_writer(session, self._job.job_id)
            rows.fail_open(self._seam, session, self._job.job_id)
