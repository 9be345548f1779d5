"""From what a Fractal server hands to its runner to the request of a run (docs/request.md). Pure.

Workflow and dataset may be objects with attributes (the rows of a server's database) or dicts (what its API returns).
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import RequestError
from .tunables import MAX_INTEGER

#: Fractal's reserved attribute, of which the server knows the values and the runner does not.
STATUS_ATTRIBUTE = "__wftask_dataset_image_status__"

#: The same under a name that the runner takes for an ordinary attribute: its own reserved one it would answer itself.
CARRIED_STATUS = "__fractal_bridge_image_status__"

_TASK_FIELDS = (
    *("id", "name", "type", "command_non_parallel", "command_parallel", "input_types", "output_types"),
    *("meta_non_parallel", "meta_parallel", "version"),
)
_WORKFLOW_TASK_FIELDS = (
    *("id", "order", "alias", "task_type", "args_non_parallel", "args_parallel"),
    *("meta_non_parallel", "meta_parallel", "type_filters"),
)
_IMAGE_FIELDS = ("zarr_url", "origin", "attributes", "types")


def field_of(thing: Any, name: str, default: Any = None) -> Any:
    """The value of an attribute or of a key; `default` where there is none or None."""
    value = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
    return default if value is None else value


def _picked(thing: Any, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: field_of(thing, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _workflow_task(workflow_task: Any) -> dict[str, Any]:
    task = _picked(field_of(workflow_task, "task", {}), _TASK_FIELDS)
    picked = _picked(workflow_task, _WORKFLOW_TASK_FIELDS)
    return {"task_type": task.get("type"), **picked, "task": task}


def carried_filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The job's attribute filters with the reserved name replaced by the carried one."""
    return {CARRIED_STATUS if name == STATUS_ATTRIBUTE else name: values for name, values in filters.items()}


def with_statuses(images: list[dict[str, Any]], statuses: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each image with the status that the server has of it, `unset` where it has none."""
    return [
        {**image, "attributes": {**image["attributes"], CARRIED_STATUS: statuses.get(image["zarr_url"], "unset")}}
        for image in images
    ]


def without_statuses(images: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """No list that leaves the runner shows the carried attribute."""
    return [
        {**image, "attributes": {name: value for name, value in image["attributes"].items() if name != CARRIED_STATUS}}
        for image in images
    ]


def images_of(dataset: Any) -> list[dict[str, Any]]:
    """The images of a dataset with the fields that a run knows."""
    return [
        {"attributes": {}, "types": {}, **_picked(image, _IMAGE_FIELDS)} for image in field_of(dataset, "images", [])
    ]


def build_request(
    *,
    workflow: Any,
    dataset: Any,
    images: list[dict[str, Any]],
    run_dir: str,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """The request; `more` are its further fields, of which those that are None are left out.

    Raises RequestError for a value that JSON cannot carry to the runner unharmed.
    """
    request: dict[str, Any] = {
        "workflow": {
            "name": field_of(workflow, "name", "workflow"),
            "task_list": [_workflow_task(each) for each in field_of(workflow, "task_list", [])],
        },
        "dataset": {**_picked(dataset, ("id", "name", "zarr_dir")), "images": images},
        "workflow_dir_local": run_dir,
        **{name: value for name, value in more.items() if value is not None},
    }
    for path, value in _leaves(request, ""):
        _check_number(path, value)
    return request


def encoded(request: Mapping[str, Any]) -> tuple[bytes, str]:
    """Canonical JSON of a request, and its SHA-256."""
    content = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return content, hashlib.sha256(content).hexdigest()


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}/{index}")
    else:
        yield path, value


def _check_number(path: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, float) and not math.isfinite(value):
        raise RequestError(f"{path}: {value} is no JSON value: leave the argument out, or write it as text")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise RequestError(f"{path}: {value} is an integer beyond 2^53 and would be rounded: write it as text")
