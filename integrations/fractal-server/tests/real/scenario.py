"""One project with a dataset and a workflow, submitted and looked at through the REST API."""

import io
import itertools
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .fractal import Fractal, FractalClient
from .processes import until
from .tasks.package import HERE, MANIFEST

_numbers = itertools.count(1)


def collect_tasks(
    server: Fractal, client: FractalClient, python: Path | None = None, package: Path = HERE
) -> dict[str, int]:
    """The test's tasks in the server; ids by name."""
    if server.version < (2, 17):
        me = client.call("GET", "/auth/current-user/")
        settings = {"project_dir": str(server.folder / "user"), "slurm_user": server.cluster_user}
        client.patch(f"/auth/users/{me['id']}/settings/", settings)
    where = {"python_interpreter": str(python or server.python), "package_root": str(package)}
    body = {"manifest": MANIFEST, "label": "tests", "version": "1.0", **where}
    tasks = client.post("task/collect/custom/", body)
    return {task["name"]: task["id"] for task in tasks}


@dataclass
class Scenario:
    server: Fractal
    client: FractalClient
    task_ids: dict[str, int]
    #: (task, arguments of its single or init part, arguments of its parallel part)
    tasks: list[tuple[str, dict[str, Any], dict[str, Any]]]
    number: int = field(default_factory=lambda: next(_numbers))

    def __post_init__(self) -> None:
        name = f"s{self.number}"
        self.zarr_dir = self.server.folder / "zarr" / name
        self.runs_file = self.server.folder / f"runs-{name}"
        self.project = self.client.post("project/", {"name": name})["id"]
        at_project = f"project/{self.project}"
        folder = {"zarr_dir": str(self.zarr_dir)}
        if self.server.version >= (2, 18):
            folder = {"project_dir": str(self.server.folder / "user"), "zarr_subfolder": name}
        answer = self.client._http.post(f"/api/v2/{at_project}/dataset/", json={"name": name, **folder})
        if answer.status_code == 422:
            answer = self.client._http.post(
                f"/api/v2/{at_project}/dataset/", json={"name": name, "zarr_dir": str(self.zarr_dir)}
            )
        assert answer.status_code < 300, answer.text
        self.dataset = answer.json()["id"]
        self.workflow = self.client.post(f"{at_project}/workflow/", {"name": name})["id"]
        self.wftasks = [self._add(*task) for task in self.tasks]

    def _add(self, name: str, non_parallel: dict[str, Any], parallel: dict[str, Any]) -> int:
        noted = {"runs_file": str(self.runs_file)}
        kinds = {task["name"]: task for task in MANIFEST["task_list"]}
        kinds |= {name: {"executable_parallel": ""} for name in ("Fast", "Many")}
        body: dict[str, Any] = {"type_filters": {}}
        if "executable_non_parallel" in kinds[name]:
            body["args_non_parallel"] = {**noted, **non_parallel}
        if "executable_parallel" in kinds[name]:
            body["args_parallel"] = {**noted, **parallel}
        path = f"project/{self.project}/workflow/{self.workflow}/wftask/"
        if self.server.takes_lists:
            return int(self.client.post(path, [{**body, "task_id": self.task_ids[name]}])[0]["id"])
        return int(self.client.post(path, body, task_id=self.task_ids[name])["id"])

    def submit(self, **more: Any) -> int:
        body = {"first_task_index": 0, **more}
        if self.server.version < (2, 17):
            body.setdefault("attribute_filters", {})
        query = {"workflow_id": self.workflow, "dataset_id": self.dataset}
        return int(self.client.post(f"project/{self.project}/job/submit/", body, **query)["id"])

    def job(self, job_id: int) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get(f"project/{self.project}/job/{job_id}/")
        return answer

    def ended(self, job_id: int, seconds: float = 90.0) -> dict[str, Any]:
        def over() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] != "submitted" else None

        return until(f"job {job_id} has ended", over, seconds)

    def stop(self, job_id: int) -> None:
        self.client.get(f"project/{self.project}/job/{job_id}/stop/")

    def counts(self, wftask: int) -> dict[str, Any]:
        """Units of a workflow-task by their status, as the web client shows them."""
        path = f"project/{self.project}/status/run/"
        runs = self.client.get(path, dataset_id=self.dataset, workflowtask_id=wftask)
        return runs[-1] if runs else {}

    def archive(self, job_id: int) -> list[str]:
        """Names of the files that a user downloads."""
        content = self.client.get(f"project/{self.project}/job/{job_id}/download/")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()

    def folder_of_user(self, job_id: int) -> str:
        """Where the run lies: the job's folder of its cluster user."""
        query = "SELECT working_dir_user FROM jobv2 WHERE id = %s"
        return str(self.server.postgres.rows(query, job_id)[0]["working_dir_user"])

    def runs(self) -> list[str]:
        """What each process of a task has noted, in order."""
        return self.runs_file.read_text().splitlines() if self.runs_file.exists() else []

    def go_file(self) -> Path:
        """Tasks that were given it end as soon as it exists."""
        return self.server.folder / f"go-{self.number}"
