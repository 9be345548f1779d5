"""How a run has ended, as Temporal or the run's own files tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError

Status = Literal["done", "failed", "cancelled"]


@dataclass(frozen=True)
class Ending:
    status: Status
    #: TaskExecutionError, JobExecutionError or InvalidRequestError; None where no such error ended it.
    type: str | None = None
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def ending_of_failure(failure: WorkflowFailureError) -> Ending:
    """From the failure of a workflow (docs/errors.md)."""
    cause = failure.cause
    if isinstance(cause, CancelledError):
        return Ending("cancelled")
    if isinstance(cause, TerminatedError):
        return Ending(
            "failed", "JobExecutionError", f"The run was terminated by hand in Temporal. {cause.message}".strip()
        )
    if isinstance(cause, ApplicationError):
        details = cause.details[0] if cause.details and isinstance(cause.details[0], Mapping) else {}
        return Ending("failed", cause.type, cause.message, details)
    return Ending("failed", "JobExecutionError", f"The run ended without a result: {cause or failure}")


def ending_of_result(result: Mapping[str, Any]) -> Ending:
    """From the content of `result.json` (docs/result.md)."""
    status = result.get("status")
    if status == "done" or status == "cancelled":
        return Ending("done" if status == "done" else "cancelled")
    error = result.get("error") or {}
    return Ending("failed", error.get("type"), error.get("message") or "", error.get("details") or {})


def words_of(ending: Ending) -> str:
    """What a user reads: the message, where to look, the end of the log."""
    details = ending.details
    lines = [ending.message or "The run has failed."]
    for error in details.get("errors") or []:
        lines.append(f"  {error.get('path')}: expected {error.get('expected')}, got {error.get('got')}")
    named = ("info", "unit_index", "exit_code", "signal", "log_file", "slurm_job_id", "slurm_state")
    lines += [f"{name}: {details[name]}" for name in named if details.get(name) not in (None, "")]
    if details.get("log_tail"):
        lines += ["", str(details["log_tail"])]
    return "\n".join(lines)
