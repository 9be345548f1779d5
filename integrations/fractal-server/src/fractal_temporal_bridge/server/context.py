"""What has to be known of a job beyond its request to record its run: kept beside the run, for whoever follows it next.

The server's rows may change while the job runs (a task is renamed, a dataset grows); what is recorded is what was run.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..job import Job
from ..request import field_of
from .seam import Seam

#: In the server's folder for the job, until the job has ended.
FILE = "fractal-temporal-bridge.json"
FORMAT = 1


@dataclass(frozen=True)
class TaskContext:
    workflow_task_id: int
    task_id: int
    name: str
    type: str
    dump: dict[str, Any]
    task_group_dump: dict[str, Any]

    @property
    def is_compound(self) -> bool:
        return self.type in ("compound", "converter_compound")


@dataclass(frozen=True)
class JobContext:
    job_id: int
    user_id: int
    dataset_id: int
    resource_id: int | None
    resource_type: str
    workflow_name: str
    workflow_id: str
    run_dir: str
    logger_name: str
    queues: str
    workflow_queue: str
    #: What Temporal is given; None where the run is known to be there.
    argument: dict[str, Any]
    #: In the order in which they run, from the first of the workflow on.
    tasks: list[TaskContext]

    def save(self, job_dir: Path) -> None:
        """Whole or not at all, and on the disk before the run can start."""
        path = job_dir / FILE
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("w") as file:
            json.dump({"format": FORMAT, **asdict(self)}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    @staticmethod
    def load(job_dir: Path) -> "JobContext | None":
        """None where no run was about to start; raises OSError, and ValueError for a file of a later release."""
        try:
            content = json.loads((job_dir / FILE).read_text())
        except FileNotFoundError:
            return None
        if content.pop("format", None) != FORMAT:
            raise ValueError(f"{job_dir / FILE} is of another release of the bridge than this one")
        tasks = [TaskContext(**task) for task in content.pop("tasks")]
        return JobContext(**content, tasks=tasks)

    @staticmethod
    def file() -> str:
        return FILE

    @staticmethod
    def is_draft(path: Path) -> bool:
        """What `save` leaves when it is killed."""
        return path.name.startswith(Path(FILE).stem) and path.suffix == ".tmp"

    @staticmethod
    def remove(job_dir: Path) -> None:
        (job_dir / FILE).unlink(missing_ok=True)


def task_contexts(seam: Seam, job: Job) -> list[TaskContext]:
    """What the server's history says of each task: the workflow-task and the package as they are now."""
    tasks = sorted(field_of(job.workflow, "task_list", []), key=lambda each: field_of(each, "order", 0))
    groups: dict[int, dict[str, Any]] = {}
    with seam.transaction() as session:
        for each in tasks:
            group_id = each.task.taskgroupv2_id
            if group_id not in groups:
                row = session.get(seam.models["TaskGroupV2"], group_id)
                groups[group_id] = seam.task_group_dump(**seam.as_dict(row)).model_dump()
    return [
        TaskContext(
            workflow_task_id=each.id,
            task_id=each.task.id,
            name=each.task.name,
            type=each.task_type,
            dump={
                **seam.as_dict(each, exclude={"task"}),
                "task": seam.task_dump(**seam.as_dict(each.task)).model_dump(),
            },
            task_group_dump=groups[each.task.taskgroupv2_id],
        )
        for each in tasks
    ]
