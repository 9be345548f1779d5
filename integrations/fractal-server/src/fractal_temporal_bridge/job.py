"""One job: what the server hands to its runner, the run that it becomes, how it is started and followed."""

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .ending import Ending
from .errors import RequestError
from .folder import PRIVATE, RunFolder
from .follow import Follower, NoRecorder
from .ids import workflow_id
from .request import build_request, carried_filters, encoded, field_of, images_of
from .settings import Settings
from .start import follow_run
from .temporal import Temporal
from .tunables import MAX_REQUEST_BYTES


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

    def folder(self, settings: Settings) -> RunFolder:
        apart = self.remote_dir is not None and settings.run_in == "remote"
        return RunFolder(self.remote_dir if apart and self.remote_dir else self.job_dir, self.job_dir)

    def workflow_id(self, settings: Settings) -> str:
        return workflow_id(field_of(self.workflow, "name", "workflow"), str(self.folder(settings).run_dir))

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
            run_dir=str(self.folder(settings).run_dir),
            more=fields,
        )


def argument_of(request: dict[str, Any], run_dir: Path) -> dict[str, Any]:
    """What Temporal is given: the request, or where it lies when it is large (docs/client.md, "Large requests")."""
    content, digest = encoded(request)
    if len(content) <= MAX_REQUEST_BYTES:
        return request
    path = run_dir / PRIVATE / "spill" / f"{digest}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        size = f"The request has {len(content)} bytes, more than Temporal carries"
        raise RequestError(f"{size}, and {path} cannot be written: {error}") from error
    named = {name: request[name] for name in ("backend", "activity_task_queue")}
    return {"request_file": str(path), "sha256": digest, **named}


def run_job(job: Job, *, settings: Settings, temporal: Temporal, logger: logging.Logger) -> Ending:
    """Starts the job's run, or joins it, and follows it to its end; nothing is recorded but in the run's own files."""
    folder = job.folder(settings)
    try:
        argument = argument_of(job.request(settings), folder.run_dir)
    except RequestError as error:
        return Ending("failed", "JobExecutionError", f"The job cannot be sent to the runner. {error}")
    follower = Follower(
        temporal=temporal,
        workflow_id=job.workflow_id(settings),
        queues=job.queues(settings),
        folder=folder,
        recorder=NoRecorder(),
        logger=logger,
        pause=time.sleep,
    )
    return follow_run(follower, argument, settings.workflow_queue)
