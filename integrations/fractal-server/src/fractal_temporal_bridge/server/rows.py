"""Rows of a server's database about one run of a task. Every function works inside a transaction of its caller."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ..tunables import ROWS_PER_STATEMENT
from .context import JobContext, TaskContext
from .lock import WRITER
from .seam import Seam

T = TypeVar("T")


def now() -> datetime:
    return datetime.now(tz=UTC)


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), ROWS_PER_STATEMENT):
        yield items[start : start + ROWS_PER_STATEMENT]


def one_writer(session: Any, job_id: int) -> None:
    """Waits until no other transaction writes rows of this job."""
    session.execute(text("SELECT pg_advisory_xact_lock(:kind, :job)"), {"kind": WRITER, "job": job_id})


def run_of(seam: Seam, session: Any, job_id: int, task: TaskContext) -> int | None:
    """The row of a task's run; its workflow-task may have been deleted since, the dump still names it."""
    runs = seam.table("HistoryRun")
    named = runs.c.workflowtask_dump["id"].as_integer() == task.workflow_task_id
    found: int | None = session.execute(select(runs.c.id).where(runs.c.job_id == job_id, named)).scalars().first()
    return found


def ensure_run(seam: Seam, session: Any, job: JobContext, task: TaskContext, available: int) -> int:
    """Exactly one row for a task of a job."""
    found = run_of(seam, session, job.job_id, task)
    if found is not None:
        return found
    runs = seam.table("HistoryRun")
    values = {
        "dataset_id": job.dataset_id,
        "workflowtask_id": task.workflow_task_id if is_there(seam, session, task) else None,
        "job_id": job.job_id,
        "workflowtask_dump": task.dump,
        "task_group_dump": task.task_group_dump,
        "timestamp_started": now(),
        "status": "submitted",
        "num_available_images": available,
    }
    if seam.has_column("HistoryRun", "task_id"):
        values["task_id"] = task.task_id
    if seam.has_column("JobV2", "executor_error_log"):
        jobs = seam.table("JobV2")
        session.execute(update(jobs).where(jobs.c.id == job.job_id).values(executor_error_log=None))
    return int(session.execute(insert(runs).values(values).returning(runs.c.id)).scalar_one())


def is_there(seam: Seam, session: Any, task: TaskContext) -> bool:
    tasks = seam.table("WorkflowTaskV2")
    query = select(tasks.c.id).where(tasks.c.id == task.workflow_task_id)
    return session.execute(query).scalars().first() is not None


def unit_ids(seam: Seam, session: Any, run_id: int) -> dict[str, int]:
    """The units of a run by their log files."""
    units = seam.table("HistoryUnit")
    query = select(units.c.logfile, units.c.id).where(units.c.history_run_id == run_id)
    ids: dict[str, int] = dict(session.execute(query).all())
    return ids


def add_units(seam: Seam, session: Any, run_id: int, planned: Iterable[tuple[str, list[str]]]) -> dict[str, int]:
    """Rows for those (log file, zarr_urls) that have none yet; the ids of all by their log files."""
    there = unit_ids(seam, session, run_id)
    more = {"has_warnings": False} if seam.has_column("HistoryUnit", "has_warnings") else {}
    rows = [
        {"history_run_id": run_id, "logfile": logfile, "status": "submitted", "zarr_urls": urls, **more}
        for logfile, urls in planned
        if logfile not in there
    ]
    for some in chunks(rows):
        session.execute(insert(seam.table("HistoryUnit")), list(some))
    return unit_ids(seam, session, run_id) if rows else there


def point_images(seam: Seam, session: Any, job: JobContext, task: TaskContext, units: Mapping[str, int]) -> None:
    """Images by the unit of this task that works on them; `units` by zarr_url."""
    if not is_there(seam, session, task):
        return
    cache = seam.table("HistoryImageCache")
    key = {"dataset_id": job.dataset_id, "workflowtask_id": task.workflow_task_id}
    rows = [{"zarr_url": url, "latest_history_unit_id": unit_id, **key} for url, unit_id in units.items()]
    for some in chunks(rows):
        statement = upsert(cache).values(list(some))
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[cache.c.zarr_url, cache.c.dataset_id, cache.c.workflowtask_id],
                set_={"latest_history_unit_id": statement.excluded.latest_history_unit_id},
            )
        )


def forget_images(seam: Seam, session: Any, job: JobContext, task: TaskContext, urls: Sequence[str]) -> None:
    """Images that the task has removed from the dataset."""
    cache = seam.table("HistoryImageCache")
    of_task = (cache.c.dataset_id == job.dataset_id, cache.c.workflowtask_id == task.workflow_task_id)
    for some in chunks(urls):
        session.execute(delete(cache).where(*of_task, cache.c.zarr_url.in_(some)))


def set_statuses(seam: Seam, session: Any, statuses: Mapping[int, str]) -> None:
    """Units by id; a status is written where it differs."""
    units = seam.table("HistoryUnit")
    for status in set(statuses.values()):
        ids = [unit_id for unit_id, each in statuses.items() if each == status]
        for some in chunks(ids):
            session.execute(update(units).where(units.c.id.in_(some), units.c.status != status).values(status=status))


def set_warnings(seam: Seam, session: Any, unit_ids: Sequence[int]) -> None:
    """Marks units whose log warns, in versions that show it."""
    units = seam.table("HistoryUnit")
    if not seam.has_column("HistoryUnit", "has_warnings"):
        return
    for some in chunks(unit_ids):
        session.execute(update(units).where(units.c.id.in_(some)).values(has_warnings=True))


def warns(log: str) -> bool:
    """Whether a line of a unit's log has WARNING in it, in whatever case: as the server counts them."""
    try:
        with Path(log).open("rb") as file:
            return any(b"WARNING" in line.upper() for line in file)
    except OSError:
        return False


def of_open_runs(seam: Seam, session: Any, statuses: Mapping[int, str]) -> dict[int, str]:
    """Those units whose run is not over: what an event of the past says of the others is known better by now."""
    units, runs = seam.table("HistoryUnit"), seam.table("HistoryRun")
    still: dict[int, str] = {}
    for some in chunks(list(statuses)):
        query = select(units.c.id).join(runs, units.c.history_run_id == runs.c.id)
        query = query.where(units.c.id.in_(some), runs.c.status == "submitted")
        still.update({unit_id: statuses[unit_id] for unit_id in session.execute(query).scalars()})
    return still


def fail_open(seam: Seam, session: Any, job_id: int) -> None:
    """Runs of tasks that have not ended, and their units."""
    units, runs = seam.table("HistoryUnit"), seam.table("HistoryRun")
    of_job = select(runs.c.id).where(runs.c.job_id == job_id)
    session.execute(
        update(units)
        .where(units.c.history_run_id.in_(of_job), units.c.status == "submitted")
        .values(status="failed")
        .execution_options(synchronize_session=False)
    )
    session.execute(update(runs).where(runs.c.job_id == job_id, runs.c.status == "submitted").values(status="failed"))


def image_statuses(seam: Seam, session: Any, dataset_id: int, workflow_task_id: int) -> dict[str, Any]:
    """Of each image that a workflow-task has touched: the status of the unit that did so last."""
    cache, units = seam.table("HistoryImageCache"), seam.table("HistoryUnit")
    query = (
        select(cache.c.zarr_url, units.c.status)
        .join(units, cache.c.latest_history_unit_id == units.c.id)
        .where(cache.c.dataset_id == dataset_id, cache.c.workflowtask_id == workflow_task_id)
    )
    return {url: str(status) for url, status in session.execute(query)}
