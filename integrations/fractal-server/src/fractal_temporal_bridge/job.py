"""One job: what the server hands to its runner, the run that it becomes, how it is started and followed."""

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .ending import Ending
from .errors import RequestError
from .far import Far
from .folder import RunFolder
from .follow import Follower, NoRecorder
from .ids import workflow_id
from .request import build_request, carried_filters, field_of, images_of
from .settings import Settings
from .spill import argument_of
from .start import follow_run
from .temporal import Temporal


@dataclass(frozen=True)
class Job:
    """The arguments of `process_workflow`, with what the server says beyond the common ones."""

    workflow: Any
    dataset: Any
    job_id: int
    user_id: int
    job_dir: Path
    remote_dir: Path | None
    first_task_index: int | None
    last_task_index: int | None
    attribute_filters: dict[str, Any]
    type_filters: dict[str, bool]
    logger_name: str
    #: `local`, `slurm`, `slurm_sudo`, `slurm_ssh`; None where there is no server.
    resource_type: str | None = None
    cluster_user: str | None = None
    resource_id: int | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def backend(self, settings: Settings) -> str:
        if settings.backend is not None:
            return settings.backend
        return "local" if self.resource_type in (None, "local") else "slurm"

    def run_dir(self, settings: Settings) -> Path:
        apart = self.remote_dir is not None and settings.run_in == "remote"
        return self.remote_dir if apart and self.remote_dir else self.job_dir

    def workflow_id(self, settings: Settings) -> str:
        name, run_dir = field_of(self.workflow, "name", "workflow"), self.run_dir(settings)
        return workflow_id(name, str(run_dir), settings.is_encrypted)

    def argument(self, settings: Settings, images: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """What Temporal is given; raises RequestError."""
        return argument_of(self.request(settings, images), self.run_dir(settings), self.job_dir)

    def queues(self, settings: Settings) -> str:
        activities = settings.queue_for(self.backend(settings), self.cluster_user)
        return f"queue {settings.workflow_queue}, and one on {activities}"

    def request(self, settings: Settings, images: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Raises RequestError; `images`: those of the dataset unless given."""
        backend = self.backend(settings)
        fields = {
            "backend": backend,
            "activity_task_queue": settings.queue_for(backend, self.cluster_user),
            "job_id": self.job_id,
            "user_id": self.user_id,
            "logger_name": self.logger_name,
            "first_task_index": self.first_task_index,
            "last_task_index": self.last_task_index,
            "job_attribute_filters": carried_filters(self.attribute_filters or {}),
            "job_type_filters": self.type_filters or {},
            "recovery": settings.recovery or None,
            **self.more,
        }
        return build_request(
            workflow=self.workflow,
            dataset=self.dataset,
            images=images_of(self.dataset) if images is None else images,
            run_dir=str(self.run_dir(settings)),
            more=fields,
        )


def far_of(temporal: Temporal, argument: dict[str, Any], run_dir: Path, workflow_queue: str) -> Far:
    """What asks the workers of the run that was, or will be, started with `argument`."""
    named: dict[str, str] = {name: argument[name] for name in ("backend", "activity_task_queue") if name in argument}
    return Far(temporal, workflow_queue, {"workflow_dir": str(run_dir), **named})


def run_job(job: Job, *, settings: Settings, temporal: Temporal, logger: logging.Logger) -> Ending:
    """Starts the job's run, or joins it, and follows it to its end; nothing is recorded but in the run's own files."""
    try:
        argument = job.argument(settings)
    except RequestError as error:
        return Ending("failed", "JobExecutionError", f"The job cannot be sent to the runner. {error}")
    run_dir, run_id = job.run_dir(settings), job.workflow_id(settings)
    far = far_of(temporal, argument, run_dir, settings.workflow_queue)
    follower = Follower(
        temporal=temporal,
        workflow_id=run_id,
        queues=job.queues(settings),
        folder=RunFolder(run_dir, job.job_dir, run_id, far),
        recorder=NoRecorder(),
        logger=logger,
        pause=time.sleep,
    )
    return follow_run(follower, argument, settings.workflow_queue)
