"""Starts a run, or joins the one that is there, and follows it to its end."""

from typing import Any

from .ending import Ending
from .errors import RequestError
from .far import FarRefusedError
from .follow import Follower
from .spill import deliver
from .watch import patiently


def follow_run(follower: Follower, argument: dict[str, Any], workflow_queue: str) -> Ending:
    """Comes back with how the run has ended; waits for Temporal as long as it is away.

    A folder that holds a run is followed and never started again, also if Temporal has forgotten it.
    """
    temporal = follower.temporal

    def start() -> None:
        if (workers := follower.folder.workers) is not None:
            temporal.call(deliver(argument, workers, follower.folder.job_dir))
        temporal.call(temporal.start(follower.workflow_id, argument, workflow_queue))

    if not follower.folder.is_begun():
        try:
            patiently(start, lambda words: follower.say("Temporal", words), follower.pause)
        except (RequestError, FarRefusedError) as error:
            return Ending("failed", "JobExecutionError", str(error))
        follower.say("Temporal", None)
    follower.logger.info(f"Run {follower.workflow_id} in {follower.folder.run_dir}")
    return follower.follow()
