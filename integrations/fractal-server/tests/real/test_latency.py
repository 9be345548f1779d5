"""How long it takes until the API shows that a unit has ended: a job of 1,000 units that is asked for all the time."""

import os
import statistics
import time
from typing import Any

import pytest

from .fractal import Fractal, FractalClient
from .processes import until
from .scenario import Scenario
from .tasks.package import HERE

UNITS = int(os.environ.get("FRACTAL_BRIDGE_TEST_UNITS", "1000"))
FAST = {"name": "Fast", "type": "parallel", "executable_parallel": "fast.sh"}


def collect_fast(client: FractalClient) -> int:
    manifest = {"manifest_version": "2", "task_list": [FAST]}
    body = {"manifest": manifest, "python_interpreter": "/bin/bash", "label": "fast", "package_root": str(HERE)}
    return int(client.post("task/collect/custom/", {**body, "version": "1.0"})[0]["id"])


@pytest.mark.long
def test_latency(server: Fractal, task_ids: dict[str, int]) -> None:
    client = server.client()
    ids = {**task_ids, "Fast": collect_fast(client)}
    s = Scenario(server, client, ids, [("Convert", {"n": UNITS}, {}), ("Fast", {}, {})])
    seen: dict[str, float] = {}
    since = time.time()
    job_id = s.submit()
    run = until("the second task begins", lambda: run_of(s, s.wftasks[1]), 600)
    while len(seen) < UNITS:
        assert time.time() - since < 1200
        units = client.get(
            f"project/{s.project}/status/run/{run}/units/",
            dataset_id=s.dataset,
            workflowtask_id=s.wftasks[1],
            page_size=UNITS,
            unit_status="done",
        )
        now = time.time()
        for unit in units["items"]:
            seen.setdefault(unit["zarr_urls"][0], now)
        time.sleep(0.2)
    assert s.ended(job_id, 300)["status"] == "done"
    took = time.time() - since
    notes = [line.split(" ", 1) for line in s.runs() if " " in line]
    ended = {url: float(moment) for moment, url in notes}
    waits = sorted(seen[url] - ended[url] for url in seen)
    assert len(waits) == UNITS
    words = f"median {statistics.median(waits):.2f} s, worst {waits[-1]:.2f} s; load {os.getloadavg()[0]:.0f}"
    print(f"\nlatency of a unit's status in the API, {UNITS} units, job of {took:.0f} s: {words}")


def run_of(s: Scenario, wftask: int) -> Any:
    return s.counts(wftask).get("id")
