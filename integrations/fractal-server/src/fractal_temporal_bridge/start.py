"""Starts a run, or joins the one that is there, and follows it to its end."""

from typing import Any

from .ending import Ending
from .errors import RequestError
from .events import EVENTS
from .follow import Follower
from .watch import patiently


def follow_run(follower: Follower, argument: dict[str, Any], workflow_queue: str) -> Ending:
    """Comes back with how the run has ended; waits for Temporal as long as it is away.

    A folder that holds events holds a run: that is followed and never started again, also if Temporal has forgotten it.
    """
    temporal = follower.temporal

    def start() -> None:
        temporal.call(temporal.start(follower.workflow_id, argument, workflow_queue))

    if not follower.folder.has(EVENTS):
        try:
            patiently(start, lambda words: follower.say("Temporal", words), follower.pause)
        except RequestError as error:
            return Ending("failed", "JobExecutionError", str(error))
        follower.say("Temporal", None)
    follower.logger.info(f"Run {follower.workflow_id} in {follower.folder.run_dir}")
    return follower.follow()
