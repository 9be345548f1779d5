"""What a server's database says of a job, without what differs from run to run by nature: ids, times, folders."""

import re
from typing import Any

from .postgres import Postgres
from .scenario import Scenario


def history_of(postgres: Postgres, scenario: Scenario, job_id: int) -> dict[str, Any]:
    """Runs, units, cache, images and accounting of one job of a scenario that ran only that one."""
    job = postgres.rows("SELECT working_dir FROM jobv2 WHERE id = %s", job_id)[0]
    dataset = postgres.rows("SELECT images, zarr_dir FROM datasetv2 WHERE id = %s", scenario.dataset)[0]

    def shown(text: str) -> str:
        text = text.replace(job["working_dir"], "JOB").replace(dataset["zarr_dir"], "ZARR")
        # Number of a batch in the name of a log: how units are put together is the runner's own.
        return re.sub(r"/par-\d{6}-", "/par-", text)

    runs = postgres.rows("SELECT * FROM historyrun WHERE job_id = %s ORDER BY id", job_id)
    units = [
        postgres.rows("SELECT * FROM historyunit WHERE history_run_id = %s ORDER BY id", run["id"]) for run in runs
    ]
    names = {unit["id"]: shown(unit["logfile"]) for some in units for unit in some}
    cache = postgres.rows("SELECT * FROM historyimagecache WHERE dataset_id = %s", scenario.dataset)
    return {
        "runs": [
            {
                "status": run["status"],
                "available": run["num_available_images"],
                "task": scenario.wftasks.index(run["workflowtask_id"]),
                "task_id": run.get("task_id"),
                "dump": _without(run["workflowtask_dump"], "id", "workflow_id", "args_parallel", "args_non_parallel"),
                "group": run["task_group_dump"],
                "units": [
                    {
                        "log": names[unit["id"]],
                        "status": unit["status"],
                        "zarr_urls": [shown(url) for url in unit["zarr_urls"]],
                        "warns": unit.get("has_warnings"),
                    }
                    for unit in some
                ],
            }
            for run, some in zip(runs, units, strict=True)
        ],
        "cache": sorted(
            [
                scenario.wftasks.index(row["workflowtask_id"]),
                shown(row["zarr_url"]),
                names[row["latest_history_unit_id"]],
            ]
            for row in cache
        ),
        "images": [
            {**image, "zarr_url": shown(image["zarr_url"]), "origin": shown(image.get("origin") or "")}
            for image in dataset["images"]
        ],
    }


def accounting(postgres: Postgres, after: int = 0) -> list[tuple[int, int]]:
    """(num_tasks, num_new_images) of the rows after a given id."""
    rows = postgres.rows("SELECT * FROM accountingrecord WHERE id > %s ORDER BY id", after)
    return [(row["num_tasks"], row["num_new_images"]) for row in rows]


def last_accounting(postgres: Postgres) -> int:
    return int(postgres.rows("SELECT coalesce(max(id), 0) AS id FROM accountingrecord")[0]["id"])


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
