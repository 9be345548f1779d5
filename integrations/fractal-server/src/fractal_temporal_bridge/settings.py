"""What an administrator may say, by environment variables; all of it has a default.

Which Temporal server, and how it is reached, is said as for every program of Temporal (docs/connections.md):
TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS..., TEMPORAL_API_KEY, TEMPORAL_PROFILE; FRACTAL_TEMPORAL_KEYS.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .keys import key_ring

RunIn = Literal["remote", "local"]


@dataclass(frozen=True)
class Settings:
    #: FRACTAL_BRIDGE_WORKFLOW_QUEUE: queue of the workflow worker.
    workflow_queue: str = "fractal"
    #: FRACTAL_BRIDGE_BACKEND: `local`, `slurm` or one that you registered; default: by the type of the resource.
    backend: str | None = None
    #: FRACTAL_BRIDGE_QUEUE: queue of the activities, `{user}` is the cluster user of the job's profile.
    #: Default: `fractal-<backend>.{user}` where the job has a cluster user, else `fractal-<backend>`.
    activity_queue: str | None = None
    #: FRACTAL_BRIDGE_RUN_IN: `remote`, the job's folder of its user (working_dir_user), or `local`, the server's.
    run_in: RunIn = "remote"
    #: FRACTAL_BRIDGE_RECOVERY: path of a JSON file, the `recovery` of every request (docs/recovery.md).
    recovery: dict[str, Any] = field(default_factory=dict)
    #: FRACTAL_TEMPORAL_KEYS names a key ring: nothing that tells of a run stands in its id.
    is_encrypted: bool = False

    @staticmethod
    def load(environment: Mapping[str, str] | None = None) -> "Settings":
        """Raises ValueError, in words, for a setting that cannot be right."""
        variables = os.environ if environment is None else environment

        def given(name: str) -> str | None:
            return variables.get(f"FRACTAL_BRIDGE_{name}") or None

        run_in = given("RUN_IN") or "remote"
        if run_in not in ("remote", "local"):
            raise ValueError(f'FRACTAL_BRIDGE_RUN_IN: expected "remote" or "local", got "{run_in}"')
        return Settings(
            workflow_queue=given("WORKFLOW_QUEUE") or "fractal",
            backend=given("BACKEND"),
            activity_queue=given("QUEUE"),
            run_in="local" if run_in == "local" else "remote",
            recovery=_recovery(given("RECOVERY")),
            is_encrypted=key_ring(variables) is not None,
        )

    def queue_for(self, backend: str, user: str | None) -> str:
        """The queue of a job's activities: one per cluster user, so that files and SLURM jobs are theirs."""
        if self.activity_queue is None:
            return f"fractal-{backend}" if user is None or backend == "local" else f"fractal-{backend}.{user}"
        if "{user}" in self.activity_queue and user is None:
            raise ValueError(
                f'FRACTAL_BRIDGE_QUEUE is "{self.activity_queue}", but this job has no cluster user: '
                "give its profile a username, or a queue without {user}"
            )
        return self.activity_queue.replace("{user}", user or "")


def _recovery(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"FRACTAL_BRIDGE_RECOVERY: {path} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"FRACTAL_BRIDGE_RECOVERY: expected an object in {path} (docs/recovery.md)")
    return content
