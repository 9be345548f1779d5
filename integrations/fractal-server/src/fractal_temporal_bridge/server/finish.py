"""The end of a job's row, in the form in which a server writes it itself."""

from pathlib import Path
from typing import Any

from sqlalchemy import update

from ..ending import Ending
from ..process import error_of
from . import rows
from .seam import Seam

WORKFLOW_LOG = "workflow.log"


def write_end(seam: Seam, job_id: int, ending: Ending, job_dir: Path | None) -> None:
    """Status, log and time of the end, unless the row says already that the job is over."""
    values = {"status": "done" if ending.status == "done" else "failed", "end_timestamp": rows.now()}
    values["log"] = _log(seam, job_id, ending, job_dir).replace("\0", "")
    jobs = seam.table("JobV2")
    with seam.transaction() as session:
        session.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.status == "submitted").values(values))


def _log(seam: Seam, job_id: int, ending: Ending, job_dir: Path | None) -> str:
    """Of a job that is done: its log. Of another: what went wrong, under the headings that the server gives it."""
    if ending.status == "done":
        path = None if job_dir is None else job_dir / WORKFLOW_LOG
        return path.read_text(errors="replace") if path is not None and path.exists() else ""
    error: Any = error_of(ending, seam.task_error, seam.job_error)
    if hasattr(error, "assemble_error"):
        return f"JOB ERROR in Fractal job {job_id}:\nTRACEBACK:\n{error.assemble_error()}"
    where = f"Task name: {error.task_name}, position in Workflow: {error.workflow_task_order}"
    return f"TASK ERROR: {where}\nTRACEBACK:\n{error}"
