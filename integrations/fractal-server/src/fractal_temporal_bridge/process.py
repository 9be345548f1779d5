"""`process_workflow`: the interface of Fractal's runners, to the letter."""

import logging
from pathlib import Path
from typing import Any, cast

from .ending import Ending, words_of
from .errors import JobExecutionError, TaskExecutionError
from .job import Job, run_job
from .settings import Settings
from .temporal import shared_temporal


def process_workflow(
    *,
    workflow: Any,
    dataset: Any,
    workflow_dir_local: Path,
    job_id: int,
    workflow_dir_remote: Path | None = None,
    first_task_index: int | None = None,
    last_task_index: int | None = None,
    logger_name: str,
    job_attribute_filters: dict[str, Any],
    job_type_filters: dict[str, bool],
    user_id: int,
    **kwargs: Any,
) -> None:
    """Runs a workflow on a dataset as a durable Temporal workflow, and comes back when it is done.

    The run lies in `workflow_dir_remote` where one is given, else in `workflow_dir_local`
    (FRACTAL_BRIDGE_RUN_IN=local: always there); nothing is copied from one to the other. A run of the same
    folder that exists already is joined. Of `kwargs` are used: `worker_init`, `slurm_account`,
    `user_cache_dir`, `slurm_user`, `resource`, `profile`.

    Raises:
        TaskExecutionError: a task failed (positive exit code, or an output that does not validate).
        JobExecutionError: what ran it failed, the run was cancelled, or the request is wrong.
    """
    job = job_of(
        workflow=workflow,
        dataset=dataset,
        job_id=job_id,
        user_id=user_id,
        job_dir=Path(workflow_dir_local),
        remote_dir=None if workflow_dir_remote is None else Path(workflow_dir_remote),
        first_task_index=first_task_index,
        last_task_index=last_task_index,
        attribute_filters=job_attribute_filters,
        type_filters=job_type_filters,
        logger_name=logger_name,
        extras=kwargs,
    )
    settings = Settings.load()
    ending = run_job(job, settings=settings, temporal=shared_temporal(), logger=logging.getLogger(logger_name))
    if ending.status != "done":
        raise error_of(ending, TaskExecutionError, JobExecutionError)


def job_of(*, extras: dict[str, Any], **common: Any) -> Job:
    """The job with what its server adds: resource and profile (since 2.17), or the cluster user before."""
    resource, profile = extras.get("resource"), extras.get("profile")
    worker_init = extras.get("worker_init")
    cache_dir = extras.get("user_cache_dir")
    return Job(
        **common,
        resource_type=extras.get("resource_type") or getattr(resource, "type", None),
        resource_id=getattr(resource, "id", None),
        cluster_user=getattr(profile, "username", None) or extras.get("slurm_user"),
        more={
            "worker_init": "\n".join(worker_init) if isinstance(worker_init, list) else worker_init or None,
            "slurm_account": extras.get("slurm_account"),
            "user_cache_dir": None if cache_dir is None else str(cache_dir),
        },
    )


def error_of(
    ending: Ending,
    task_error: type[Any] | None,
    job_error: type[Any],
) -> Exception:
    """What to raise; a server that does not know `task_error` any more gets the other for every failure."""
    if ending.type == "TaskExecutionError" and task_error is not None:
        names = ("workflow_task_id", "workflow_task_order", "task_name")
        error = task_error(words_of(ending), **{name: ending.details.get(name) for name in names})
    else:
        error = job_error(info=words_of(ending))
    return cast(Exception, error)
