"""By hand: a job with more files than are brought over of a run that the server does not see.

npm run test:bridge -- --versions newest -- tests/real/hand_many_files.py -s
"""

import os
import time
from collections import Counter
from pathlib import Path

from .fractal import Fractal
from .processes import until
from .scenario import Scenario
from .tasks.package import HERE
from .test_far import blind, ids

__all__ = ["blind", "ids"]

UNITS = int(os.environ.get("FRACTAL_BRIDGE_TEST_UNITS", "100"))
#: Each unit leaves arguments and outputs as of so many more, and logs as of some: with the defaults 53,300 files.
COPIES, LOGS = int(os.environ.get("FRACTAL_BRIDGE_TEST_COPIES", "260")), 10
MANY = {"name": "Many", "type": "parallel", "executable_parallel": "many.sh"}


def test_more_files_than_are_brought(blind: Fractal, ids: dict[str, int]) -> None:
    client = blind.client()
    manifest = {"manifest_version": "2", "task_list": [MANY]}
    body = {"manifest": manifest, "python_interpreter": "/bin/bash", "label": "many", "package_root": str(HERE)}
    many = client.post("task/collect/custom/", {**body, "version": "1.0"})[0]["id"]
    tasks = [("Convert", {"n": UNITS}, {}), ("Many", {}, {"copies": COPIES, "logs": LOGS})]
    s = Scenario(blind, client, {**ids, "Many": many}, tasks)
    since = time.time()
    job = s.ended(job_id := s.submit(), 3000)
    assert job["status"] == "done", job["log"]
    took = time.time() - since
    assert s.counts(s.wftasks[1])["num_done_units"] == UNITS
    names = until("the archive is there", lambda: s.archive(job_id), 300)
    brought = Counter(kind_of(name) for name in names if name.startswith("1_"))
    there = Counter(kind_of(path.name) for path in Path(s.folder_of_user(job_id), "1_many").iterdir())
    print(
        f"\n{there.total()} files beside {UNITS} units, job of {took:.0f} s, load {os.getloadavg()[0]:.0f}: {brought}"
    )
    assert (there["args"], there["metadiff"]) == (UNITS * (1 + COPIES), UNITS * (1 + COPIES))
    assert brought["log"] == there["log"] == UNITS * (1 + LOGS)
    assert (brought["args"], brought["metadiff"]) == (0, 0)
    assert {"workflow-run.log", "result.json", "1_many/units.jsonl"} <= set(names)


def kind_of(name: str) -> str:
    for kind, ending in {"args": "-args.json", "metadiff": "-metadiff.json", "log": "-log.txt"}.items():
        if name.endswith(ending):
            return kind
    return "other"
