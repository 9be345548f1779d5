"""Where a Fractal server can be taken hold of, looked up once at the start.

Its versions differ in the names of modules and in columns, not in what they mean. A version in which one of these has
moved is refused before it serves anybody: otherwise its first job would find out.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

#: The functions that a server calls for a job, with the type of resource that each is for.
RUNNERS = {
    "local_process_workflow": "local",
    "slurm_sudo_process_workflow": "slurm_sudo",
    "slurm_ssh_process_workflow": "slurm_ssh",
}

_SUBMIT = ("fractal_server.runner.v2.submit_workflow", "fractal_server.app.runner.v2.submit_workflow")
_EXCEPTIONS = ("fractal_server.runner.exceptions", "fractal_server.app.runner.exceptions")
_ROUTES = "fractal_server.app.routes.api.v2.submit"
_STOP_ROUTES = ("fractal_server.app.routes.api.v2.job", "fractal_server.app.routes.admin.v2.job")
_TABLES = (
    *("HistoryRun", "HistoryUnit", "HistoryImageCache", "AccountingRecord", "AccountingRecordSlurm"),
    *("DatasetV2", "JobV2", "WorkflowTaskV2", "TaskGroupV2"),
)

#: Arguments of the server's own `submit_workflow` that the bridge can give when it starts a job anew.
KNOWN_ARGUMENTS = {
    *("workflow_id", "dataset_id", "job_id", "user_id", "worker_init", "user_cache_dir"),
    *("resource", "profile", "fractal_ssh", "user_settings", "slurm_user"),
}


class SeamMovedError(RuntimeError):
    """This version of fractal-server has no longer what the bridge takes hold of."""


@dataclass(frozen=True)
class Seam:
    version: str
    #: Module whose globals the three runners are.
    submit: ModuleType
    #: Module of the route that submits a job, and those of the routes that stop one.
    routes: ModuleType
    stop_routes: tuple[ModuleType, ...]
    #: Since 2.17, and with a switch that closes it some releases later.
    resource_model: Any
    #: Tables by the names of their models.
    models: dict[str, Any]
    task_dump: type[Any]
    task_group_dump: type[Any]
    job_error: type[Exception]
    #: None where the server does not catch it: then the other is raised for every failure.
    task_error: type[Exception] | None
    #: The server's own function, before it is replaced.
    submit_workflow: Callable[..., None]
    zip_folder: Callable[..., None]
    set_logger: Callable[..., Any]
    reset_logger: Callable[[Any], None]
    database: Any

    def has_column(self, model: str, column: str) -> bool:
        return column in self.models[model].__table__.c

    def table(self, model: str) -> Any:
        return self.models[model].__table__

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A session of the server's pool, for one short transaction."""
        with next(self.database.get_sync_db()) as session, session.begin():
            yield session

    def as_dict(self, row: Any, exclude: set[str] | None = None) -> dict[str, Any]:
        """The columns of a row, whichever of its two base classes the version has."""
        if hasattr(row, "model_dump"):
            dumped: dict[str, Any] = row.model_dump(exclude=exclude)
            return dumped
        columns: dict[str, Any] = importlib.import_module("fractal_server.app.models").orm_model_to_dict(
            row, exclude=exclude
        )
        return columns


def find_seam() -> Seam:
    """Raises SeamMovedError that says what is missing."""
    version = str(importlib.import_module("fractal_server").__VERSION__)
    missing: list[str] = []

    def module(*names: str) -> ModuleType:
        for name in names:
            try:
                return importlib.import_module(name)
            except ModuleNotFoundError as error:
                # A module of the server that lacks a package of its own is another fault than one that is not there.
                if error.name is None or not name.startswith(error.name):
                    raise
        missing.append(" or ".join(names))
        return ModuleType(names[0])

    def part(of: ModuleType, *names: str) -> Any:
        for name in names:
            if hasattr(of, name):
                return getattr(of, name)
        missing.append(f"{of.__name__}.{' or '.join(names)}")
        return None

    submit, routes = module(*_SUBMIT), module(_ROUTES)
    stop_routes = tuple(module(name) for name in _STOP_ROUTES)
    models, schemas = module("fractal_server.app.models.v2"), module("fractal_server.app.schemas.v2")
    loggers, exceptions = module("fractal_server.logger"), module(*_EXCEPTIONS)
    for name in (*RUNNERS, "submit_workflow"):
        part(submit, name)
    part(routes, "submit_workflow")
    for each in stop_routes:
        part(each, "_check_shutdown_is_supported")
    seam = Seam(
        version=version,
        submit=submit,
        routes=routes,
        stop_routes=stop_routes,
        models={name: part(models, name) for name in _TABLES},
        resource_model=_with_switch(getattr(models, "Resource", None)),
        task_dump=part(schemas, "TaskDump", "TaskDumpV2"),
        task_group_dump=part(schemas, "TaskGroupDump", "TaskGroupDumpV2"),
        job_error=part(exceptions, "JobExecutionError"),
        task_error=getattr(submit, "TaskExecutionError", None),
        submit_workflow=part(submit, "submit_workflow"),
        zip_folder=part(submit, "_zip_folder_to_file_and_remove"),
        set_logger=part(loggers, "set_logger"),
        reset_logger=part(loggers, "reset_logger_handlers"),
        database=part(module("fractal_server.app.db"), "DB"),
    )
    if seam.submit_workflow is not None:
        unknown = set(inspect.signature(seam.submit_workflow).parameters) - KNOWN_ARGUMENTS
        missing += [f"a meaning of the argument {name} of submit_workflow" for name in sorted(unknown)]
    if missing:
        raise SeamMovedError(
            f"fractal-server {version} cannot run its jobs here, this version of the bridge does not find: "
            f"{', '.join(missing)}. Start the server without it (gunicorn fractal_server.main:app), or take a release "
            "of fractal-temporal-bridge that supports this version (docs/fractal-server.md, Versions)"
        )
    return seam


def _with_switch(resource: Any) -> Any:
    return resource if resource is not None and "prevent_new_submissions" in resource.__table__.c else None
