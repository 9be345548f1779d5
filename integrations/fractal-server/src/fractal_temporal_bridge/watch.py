"""Waits for the end of a run at Temporal, for as long as it takes, and says when Temporal is away."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from .ending import Ending, ending_of_failure
from .far import FarError, FarRefusedError
from .temporal import Temporal, is_away
from .tunables import RETRY_SECONDS


@dataclass
class Watch:
    """Filled by the connection's loop, read by the thread of a job."""

    ending: Ending | None = None
    #: Temporal does not know this run (any more).
    forgotten: bool = False
    #: Why Temporal does not answer; None while it does.
    away: str | None = None
    stopped: bool = False


def watch_run(temporal: Temporal, workflow_id: str) -> Watch:
    """Starts to wait; the answer is in what is returned, once it is there."""
    watch = Watch()
    temporal.submit(_wait(temporal, workflow_id, watch))
    return watch


async def _wait(temporal: Temporal, workflow_id: str, watch: Watch) -> None:
    while not watch.stopped:
        try:
            client = await temporal.client()
            await client.get_workflow_handle(workflow_id).result()
            watch.away, watch.ending = None, Ending("done")
        except WorkflowFailureError as failure:
            watch.away, watch.ending = None, ending_of_failure(failure)
        except Exception as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                watch.away, watch.forgotten = None, True
            else:
                # Anything else is asked again too: a job must not end while its run may live.
                watch.away = f"{temporal.address}: {str(error) or type(error).__name__}"
                await asyncio.sleep(RETRY_SECONDS)
                continue
        return


def patiently(work: Callable[[], None], say: Callable[[str], None], pause: Callable[[float], None]) -> None:
    """Does `work` until Temporal answers; what is wrong for good is raised."""
    while True:
        try:
            return work()
        except Exception as error:
            if isinstance(error, FarRefusedError) or not is_away(error):
                raise
            what = "The run's workers do not answer" if isinstance(error, FarError) else "Temporal does not answer"
            say(f"{what} ({error}): waiting, nothing is lost")
            pause(RETRY_SECONDS)
