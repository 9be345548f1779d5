"""From a server's rows to a request, and back to what it may see."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from fractal_temporal_bridge import process_workflow
from fractal_temporal_bridge.errors import RequestError
from fractal_temporal_bridge.ids import workflow_id
from fractal_temporal_bridge.request import (
    CARRIED_STATUS,
    STATUS_ATTRIBUTE,
    build_request,
    carried_filters,
    with_statuses,
    without_statuses,
)

TASK = {"name": "Measure", "type": "parallel", "command_parallel": "python measure.py", "unknown": 1}
WORKFLOW_TASK = {"id": 7, "order": 0, "task_type": "parallel", "args_parallel": {"a": 1}, "task": TASK, "is_legacy": 1}


def request_of(workflow: Any, **more: Any) -> dict[str, Any]:
    dataset = {"id": 3, "name": "d", "zarr_dir": "/data/zarr", "history": []}
    return build_request(workflow=workflow, dataset=dataset, images=[], run_dir="/data/jobs/1", more=more)


def test_rows_and_dicts_give_the_same() -> None:
    rows = SimpleNamespace(name="W", task_list=[SimpleNamespace(**{**WORKFLOW_TASK, "task": SimpleNamespace(**TASK)})])
    from_rows, from_dicts = request_of(rows), request_of({"name": "W", "task_list": [WORKFLOW_TASK]})
    assert from_rows == from_dicts
    task = from_rows["workflow"]["task_list"][0]
    assert (task["id"], task["task"]["command_parallel"], "is_legacy" in task) == (7, "python measure.py", False)


def test_what_is_none_is_left_out() -> None:
    request = request_of({"name": "W", "task_list": []}, worker_init=None, job_id=4)
    assert ("worker_init" in request, request["job_id"]) == (False, 4)


@pytest.mark.parametrize(("value", "words"), [(2**53 + 1, "beyond 2"), (float("nan"), "no JSON"), (-(2**60), "beyond")])
def test_numbers_that_the_runner_would_change_are_refused(value: float, words: str) -> None:
    workflow = {"name": "W", "task_list": [{**WORKFLOW_TASK, "args_parallel": {"deep": [value]}}]}
    with pytest.raises(RequestError, match=f"/workflow/task_list/0/args_parallel/deep/0.*{words}"):
        request_of(workflow)


def test_the_status_filter_travels_under_another_name() -> None:
    images = [{"zarr_url": url, "attributes": {"well": "A1"}, "types": {}} for url in ("/a", "/b")]
    carried = with_statuses(images, {"/a": "failed"})
    assert [image["attributes"][CARRIED_STATUS] for image in carried] == ["failed", "unset"]
    assert without_statuses(carried) == images
    assert carried_filters({STATUS_ATTRIBUTE: ["failed"], "well": ["A1"]}) == {
        CARRIED_STATUS: ["failed"],
        "well": ["A1"],
    }


def test_ids_are_those_of_the_command_line() -> None:
    # The same as test/client has for the TypeScript client.
    assert workflow_id("Cardiac Test", "/data/jobs/1").startswith("cardiac-test-")
    assert workflow_id("___", "/x").startswith("run-")
    assert len(workflow_id("a" * 90, "/x")) == 40 + 1 + 16


def test_process_workflow_is_called_as_those_of_the_runners() -> None:
    parameters = inspect.signature(process_workflow).parameters
    *named, rest = parameters.values()
    assert {one.kind for one in named} == {inspect.Parameter.KEYWORD_ONLY}
    assert rest.kind is inspect.Parameter.VAR_KEYWORD
    needed = ["workflow", "dataset", "workflow_dir_local", "job_id", "logger_name"]
    needed += ["job_attribute_filters", "job_type_filters", "user_id"]
    optional = ["workflow_dir_remote", "first_task_index", "last_task_index"]
    assert {one.name for one in named if one.default is inspect.Parameter.empty} == set(needed)
    assert {one.name: one.default for one in named if one.name not in needed} == dict.fromkeys(optional)
