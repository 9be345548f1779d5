"""The context of a job that is about to start: what the server's database says of it now."""

from ..job import Job
from ..request import STATUS_ATTRIBUTE, images_of, with_statuses
from ..settings import Settings
from . import rows
from .context import JobContext, task_contexts
from .seam import Seam


def job_context(seam: Seam, settings: Settings, job: Job) -> JobContext:
    """Of a job that is about to start; raises RequestError, and a DBAPIError while the database is away."""
    tasks = task_contexts(seam, job)
    images = images_of(job.dataset)
    if STATUS_ATTRIBUTE in (job.attribute_filters or {}):
        first = tasks[job.first_task_index or 0].workflow_task_id
        with seam.transaction() as session:
            images = with_statuses(images, rows.image_statuses(seam, session, job.dataset.id, first))
    return JobContext(
        job_id=job.job_id,
        user_id=job.user_id,
        dataset_id=job.dataset.id,
        resource_id=job.resource_id,
        resource_type=job.resource_type or "local",
        workflow_name=job.workflow.name,
        workflow_id=job.workflow_id(settings),
        run_dir=str(job.run_dir(settings)),
        logger_name=job.logger_name,
        queues=job.queues(settings),
        workflow_queue=settings.workflow_queue,
        argument=job.argument(settings, images),
        tasks=tasks,
    )
