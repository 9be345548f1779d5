"""Puts the bridge in the place of a server's own runner."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from ..process import job_of
from ..settings import Settings
from .adopt import keep_adopting
from .seam import RUNNERS, Seam, find_seam
from .service import Service

logger = logging.getLogger("fractal_temporal_bridge")


def install(app: Any) -> Service:
    """Raises SeamMovedError or ValueError: then the server does not start."""
    seam = find_seam()
    service = Service(seam, Settings.load())
    for name, resource_type in RUNNERS.items():
        setattr(seam.submit, name, _runner(service, resource_type))
    seam.submit._zip_folder_to_file_and_remove = service.pack  # type: ignore[attr-defined]
    seam.routes.submit_workflow = _submission(service, seam)  # type: ignore[attr-defined]
    for module in seam.stop_routes:
        # Every run can be stopped, whatever the type of its resource.
        module._check_shutdown_is_supported = lambda: None  # type: ignore[attr-defined]
    app.router.lifespan_context = _lifespan(app.router.lifespan_context, service)
    return service


def _runner(service: Service, resource_type: str) -> Callable[..., None]:
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
            extras={"resource_type": resource_type, **kwargs},
        )
        service.process(job)

    return process_workflow


def _submission(service: Service, seam: Seam) -> Callable[..., Any]:
    """In place of the background task of the route: takes the job's lock, then does what the server does, in a thread
    of its own. The server's pool of threads has 40, and a server that ends would wait for them."""

    async def submit_workflow(**arguments: Any) -> None:
        job_id = arguments["job_id"]
        try:
            # Taking the lock asks the database, for which the server's loop must not wait.
            await asyncio.to_thread(service.launch, job_id, lambda: seam.submit_workflow(**arguments))
        except DBAPIError as error:
            logger.warning(f"Job {job_id}: the database is away, it is started when it is back ({error})")

    return submit_workflow


def _lifespan(original: Callable[[Any], Any], service: Service) -> Callable[[Any], Any]:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        ended = threading.Event()
        async with original(app) as state:
            adopting = threading.Thread(target=keep_adopting, args=(service, ended), name="adopt", daemon=True)
            adopting.start()
            yield state
            ended.set()
            service.end()
            # The server would write a shutdown file for each of them, which is the wish to stop it.
            for name in ("jobs", "jobsV2"):
                if hasattr(app.state, name):
                    setattr(app.state, name, [])

    return lifespan
