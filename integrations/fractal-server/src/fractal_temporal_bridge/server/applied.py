"""The end of a task in a server's database: one transaction, which counts once."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select, update

from ..events import Event
from ..folder import RunFolder
from ..request import without_statuses
from . import rows
from .context import JobContext, TaskContext
from .seam import Seam

# Lines with which srun reports that it waits: no errors, and the server does not show them either.
_NO_ERRORS = re.compile(r"step creation (temporarily|still) disabled|step created for|can't run 1 processes on", re.I)

# Which of a task's two stages a SLURM job belongs to: the end of its name (docs/files.md).
_STAGE = re.compile(r"[0-9a-f]{16}-\d+([fc])-\d+-\d+$")


def apply_task(seam: Seam, job: JobContext, task: TaskContext, folder: RunFolder, event: Event) -> None:
    """Unit statuses, warnings, images, accounting and the run's status; raises OSError while files cannot be read."""
    record = folder.object(event["record"])
    units = list(folder.lines(event["units_file"]))
    images = without_statuses(list(folder.lines(event["images_file"])))
    errors = executor_errors(folder, event["record"], record)
    for unit in units:
        folder.fetch_missing(unit["log_file"])
    logs = {folder.shown(unit["log_file"]): unit["status"] for unit in units}
    # Its record counts them; the log of one from afar may still be under way.
    counted = {folder.shown(unit["log_file"]) for unit in units if unit.get("warnings")}
    warned = {log for log in logs if log in counted or rows.warns(log)}
    with seam.transaction() as session:
        rows.one_writer(session, job.job_id)
        run = rows.ensure_run(seam, session, job, task, record["num_available_images"])
        runs = seam.table("HistoryRun")
        values = {"status": event["status"], "num_available_images": record["num_available_images"]}
        ended = session.execute(update(runs).where(runs.c.id == run, runs.c.status == "submitted").values(values))
        if ended.rowcount != 1:
            return
        ids = rows.unit_ids(seam, session, run)
        # Of a unit without a record (its task could not be planned to the end) nothing will be done.
        rows.set_statuses(seam, session, {unit_id: logs.get(log, "failed") for log, unit_id in ids.items()})
        rows.set_warnings(seam, session, [unit_id for log, unit_id in ids.items() if log in warned])
        _apply_images(seam, session, job, task, images)
        _account(seam, session, job, record)
        if seam.has_column("JobV2", "executor_error_log"):
            jobs = seam.table("JobV2")
            session.execute(update(jobs).where(jobs.c.id == job.job_id).values(executor_error_log=errors))


def _apply_images(seam: Seam, session: Any, job: JobContext, task: TaskContext, images: list[dict[str, Any]]) -> None:
    datasets = seam.table("DatasetV2")
    of_job = datasets.c.id == job.dataset_id
    before = session.execute(select(datasets.c.images).where(of_job).with_for_update()).scalar_one_or_none()
    if before is None:
        return
    kept = {image["zarr_url"] for image in images}
    rows.forget_images(seam, session, job, task, [i["zarr_url"] for i in before if i["zarr_url"] not in kept])
    session.execute(update(datasets).where(of_job).values(images=images))


def _account(seam: Seam, session: Any, job: JobContext, record: Mapping[str, Any]) -> None:
    # A server that refuses an empty image list does so before it counts anything.
    if record["num_tasks"] == 0 and seam.has_column("JobV2", "executor_error_log"):
        return
    common = {"user_id": job.user_id, "timestamp": rows.now()}
    counts = {"num_tasks": record["num_tasks"], "num_new_images": record["num_new_images"]}
    session.execute(insert(seam.table("AccountingRecord")).values(**common, **counts))
    more = {"fractal_job_id": job.job_id, "resource_id": job.resource_id}
    named = {name: value for name, value in more.items() if seam.has_column("AccountingRecordSlurm", name)}
    for ids in slurm_jobs_by_stage(record.get("slurm_jobs") or []):
        session.execute(insert(seam.table("AccountingRecordSlurm")).values(**common, **named, slurm_job_ids=ids))


def slurm_jobs_by_stage(jobs: Iterable[Mapping[str, Any]]) -> list[list[int]]:
    """A row for the jobs of each stage, as the server accounts a submission: an init's, then its compute units'."""
    stages: dict[str, list[int]] = {}
    for job in jobs:
        stage = _STAGE.search(str(job.get("job_name") or ""))
        if str(job["job_id"]).isdigit():
            stages.setdefault(stage.group(1) if stage else "f", []).append(int(job["job_id"]))
    return [stages[stage] for stage in ("f", "c") if stage in stages]


def executor_errors(folder: RunFolder, record_file: str, record: Mapping[str, Any]) -> str | None:
    """The first output of a task's SLURM jobs (not of their units) that says something is wrong."""
    task_folder = record_file.rpartition("/")[0]
    for job in record.get("slurm_jobs") or []:
        for path in folder.named(task_folder, f"*-slurm-{job['job_id']}.err"):
            lines = folder.read(path).decode(errors="replace").replace("\0", "").splitlines()
            text = "\n".join(line for line in lines if not _NO_ERRORS.search(line)).strip()
            if text:
                return text
    return None
