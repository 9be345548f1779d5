"""A resource that takes no jobs any more: a running job ends with the task that it is at (`prevent_new_submissions`).

The run is paused, so that no batch of a next task begins while the resource is asked; it is cancelled once its task has
been applied, or resumed when the resource takes jobs again. A task with more batches than are submitted at once goes on
in steps.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from temporalio.exceptions import TemporalError

from ..temporal import Temporal, is_away
from ..tunables import CLOSED_RESOURCE_SECONDS
from .seam import Seam

WORDS = "The resource of this job takes no jobs at the moment (prevent_new_submissions): its next task is not run"


@dataclass
class ResourceGate:
    seam: Seam
    temporal: Temporal
    workflow_id: str
    resource_id: int | None
    #: Whether the run is between two tasks, as far as its events say.
    at_boundary: Callable[[], bool]
    _asked: float = field(default_factory=monotonic)
    _paused: bool = False

    def stop_wanted(self) -> str | None:
        """Why the run is to be cancelled now; None while it is not."""
        if self.resource_id is None or monotonic() - self._asked < CLOSED_RESOURCE_SECONDS:
            return None
        self._asked = monotonic()
        try:
            return self._decide(self._is_closed())
        except (DBAPIError, TemporalError):
            # Away, or the run has moved on meanwhile and refuses: asked again.
            return None
        except (RuntimeError, OSError) as error:
            if not is_away(error):
                raise
            return None

    def _is_closed(self) -> bool:
        models = self.seam.resource_model
        if models is None:
            return False
        table = models.__table__
        with self.seam.transaction() as session:
            query = select(table.c.prevent_new_submissions).where(table.c.id == self.resource_id)
            return bool(session.execute(query).scalar())

    def _decide(self, is_closed: bool) -> str | None:
        if not is_closed and not self._paused:
            return None
        status = self.temporal.call(self.temporal.status(self.workflow_id))
        if status == "paused" and is_closed and self.at_boundary():
            return WORDS
        # Also in the middle of a task of which not every batch was submitted: those follow, then it is paused again.
        if status == "paused":
            self._update("resume")
            self._paused = is_closed
        elif status == "running" and is_closed:
            self._update("pause")
            self._paused = True
        return None

    def _update(self, name: str) -> None:
        self.temporal.call(self.temporal.update(self.workflow_id, name, f"bridge-{name}-{uuid4()}"))
