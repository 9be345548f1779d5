"""Jobs that nobody follows: those of a server process that was ended, killed, or had not got to start them.

A job whose run has begun (or may have) has a context in its folder: it is followed to its end, and gets here the end
that the server's own `submit_workflow` would have given it. Any other is handed to that function, as if it were new.
"""

import json
import logging
import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from ..ending import Ending, ending_of_result
from ..folder import PRIVATE
from ..follow import RESULT
from ..spill import SPILL
from ..tunables import ORPHAN_AGE_SECONDS, SCAN_SECONDS
from . import rows
from .anew import submit_arguments
from .context import JobContext
from .finish import WORKFLOW_LOG
from .service import SHUTDOWN, Service

logger = logging.getLogger("fractal_temporal_bridge")


def keep_adopting(service: Service, ended: threading.Event) -> None:
    """Looks for such jobs at the start and every few seconds, for as long as the server lives."""
    while not ended.is_set():
        try:
            adopt_orphans(service)
        except DBAPIError as error:
            logger.warning(f"Cannot look for jobs that nobody follows: {error}")
        except Exception:
            logger.exception("Cannot look for jobs that nobody follows")
        ended.wait(SCAN_SECONDS)


def adopt_orphans(service: Service) -> None:
    seam = service.seam
    jobs = seam.table("JobV2")
    with seam.transaction() as session:
        query = select(jobs.c.id, jobs.c.working_dir, jobs.c.start_timestamp).where(jobs.c.status == "submitted")
        submitted = session.execute(query).all()
    if not submitted:
        return
    taken = service.locks.taken()
    for job_id, working_dir, started in submitted:
        if job_id in taken:
            continue
        job_dir = None if working_dir is None else Path(working_dir)
        is_begun = job_dir is not None and ((job_dir / JobContext.file()).exists() or _archive(job_dir).exists())
        if is_begun or rows.now() - started > timedelta(seconds=ORPHAN_AGE_SECONDS):
            service.launch(job_id, lambda job_id=job_id: _adopt(service, job_id))  # type: ignore[misc]


def _adopt(service: Service, job_id: int) -> None:
    seam = service.seam
    with seam.transaction() as session:
        job = session.get(seam.models["JobV2"], job_id)
        # It may have ended between the look and the lock.
        if job is None or job.status != "submitted":
            return
        session.expunge(job)
    job_dir = None if job.working_dir is None else Path(job.working_dir)
    context = None if job_dir is None else JobContext.load(job_dir)
    if job_dir is not None and context is not None:
        _go_on(service, job_dir, context)
    elif job_dir is not None and _archive(job_dir).exists():
        _end_of_archive(service, job_id, job_dir)
    else:
        _start_anew(service, job, job_dir)


def _go_on(service: Service, job_dir: Path, context: JobContext) -> None:
    log = service.seam.set_logger(context.logger_name, log_file_path=job_dir / WORKFLOW_LOG)
    log.info(f"The server was ended while the job ran: run {context.workflow_id} is taken up again")
    folder = service.folder_of(context, job_dir)
    lock = service.lock_of(context.job_id)
    try:
        ending = service.follow(context, folder, lock, log)
        log.info(f"End of the run: {ending.status}")
    finally:
        service.seam.reset_logger(log)
    # Kept until the job's row says that it is over: whoever is killed in between is followed by one who reads it again.
    service.bring(folder)
    service.end_job(context.job_id, ending, job_dir)
    service.tidy(folder)
    service.seam.zip_folder(folder=str(job_dir))


def _archive(job_dir: Path) -> Path:
    return job_dir.with_name(f"{job_dir.name}.zip")


def _end_of_archive(service: Service, job_id: int, job_dir: Path) -> None:
    """The server had packed the job and could not write its end any more: the run's own result says it."""
    try:
        with ZipFile(_archive(job_dir)) as archive:
            ending = ending_of_result(json.loads(archive.read(RESULT)))
    except (OSError, KeyError, ValueError) as error:
        words = f"The server was ended while it packed this job, and {_archive(job_dir)} holds no result ({error})"
        ending = Ending("failed", "JobExecutionError", words)
    service.end_job(job_id, ending, job_dir)


def holds_more(job_dir: Path) -> bool:
    """Than what a server leaves that was killed before the start of the run: a log, a large request, half a context."""

    def is_left(path: Path) -> bool:
        if path.name == PRIVATE:
            return [inner.name for inner in path.iterdir()] == [SPILL]
        return path.name == WORKFLOW_LOG or JobContext.is_draft(path)

    return not all(is_left(path) for path in job_dir.iterdir())


def _start_anew(service: Service, job: Any, job_dir: Path | None) -> None:
    """Submitted, and killed before it had a run: nothing of it has happened."""
    logger.info(f"Job {job.id} was submitted and never started: it is started now")
    words = None
    if job_dir is None:
        words = "The server was ended before it had given this job a folder. Nothing has run: submit it again"
    elif (job_dir / SHUTDOWN).exists():
        words = "The job was stopped by its user before it started"
    elif job_dir.exists() and holds_more(job_dir):
        words = f"{job_dir} holds more than this job's log, and nothing that says what has run: look there"
    if words is not None:
        return service.end_job(job.id, Ending("failed", "JobExecutionError", words), job_dir)
    try:
        arguments = submit_arguments(service.seam, job)
    except LookupError as error:
        return service.end_job(job.id, Ending("failed", "JobExecutionError", f"Nothing has run: {error}"), job_dir)
    # The server refuses a folder that exists.
    if job_dir is not None and job_dir.exists():
        shutil.rmtree(job_dir)
    return service.seam.submit_workflow(**arguments)
