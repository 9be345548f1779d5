"""The arguments of a server's own `submit_workflow` for a job that it has in its database, in whichever version."""

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import select

from .seam import Seam


def submit_arguments(seam: Seam, job: Any) -> dict[str, Any]:
    """Raises LookupError, in words, when the job's user or profile is gone."""
    models = import_module("fractal_server.app.models")
    with seam.transaction() as session:
        user = (
            session.execute(select(models.UserOAuth).where(models.UserOAuth.email == job.user_email)).scalars().first()
        )
        if user is None:
            raise LookupError(f"job {job.id}: its user {job.user_email} does not exist any more")
        values = {
            "workflow_id": job.workflow_id,
            "dataset_id": job.dataset_id,
            "job_id": job.id,
            "user_id": user.id,
            "worker_init": job.worker_init,
            # Only the server's own runner talks to the cluster by SSH.
            "fractal_ssh": None,
            # The last folder of the path is the job's own (and before it, since 2.21, the month).
            "user_cache_dir": _cache_dir(job),
            **_of_user(session, models, user),
        }
        session.expunge_all()
    wanted = inspect.signature(seam.submit_workflow).parameters
    return {name: value for name, value in values.items() if name in wanted}


def _cache_dir(job: Any) -> str | None:
    """`<folder of the user>/.fractal_cache`, where the path of the job's remote folder has it."""
    if job.working_dir_user is None:
        return None
    path = Path(job.working_dir_user)
    return next((str(parent) for parent in path.parents if parent.name == ".fractal_cache"), str(path.parent))


def _of_user(session: Any, models: Any, user: Any) -> dict[str, Any]:
    if hasattr(models, "UserSettings") and getattr(user, "user_settings_id", None) is not None:
        settings = session.get(models.UserSettings, user.user_settings_id)
        return {"user_settings": settings, "slurm_user": getattr(settings, "slurm_user", None)}
    if getattr(user, "profile_id", None) is None:
        return {}
    v2 = import_module("fractal_server.app.models.v2")
    profile = session.get(v2.Profile, user.profile_id)
    return {"profile": profile, "resource": session.get(v2.Resource, profile.resource_id)}
