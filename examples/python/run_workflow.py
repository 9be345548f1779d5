#!/usr/bin/env python3
"""Starts a run by the name of its workflow type, waits for it, and tells how it ended.

Needs `pip install temporalio` (1.7 or newer) and a server with workers, e.g. `fractal-temporal up`:

    python run_workflow.py request.json --address 127.0.0.1:7233
    python run_workflow.py request.json --continue-from /data/job    # only what that run has not done

The request is the JSON of docs/request.md. On stdout comes the result (docs/result.md); the exit codes are those of
`fractal-temporal run`: 0 done, 2 invalid request, 3 TaskExecutionError, 4 JobExecutionError, 5 cancelled.
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import os
import re
import string
import sys
import traceback
from pathlib import Path

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, CancelledError, WorkflowAlreadyStartedError

# Runs of ASCII punctuation and space, and of control characters.
SEPARATORS = "[" + re.escape(string.punctuation) + r" \x00-\x1f\x7f-\x9f\u2028\u2029]+"
EXIT_CODES = {"InvalidRequestError": 2, "TaskExecutionError": 3, "JobExecutionError": 4}


def workflow_id(request: dict) -> str:
    """The id that the command line derives too (docs/client.md, "The id"): starting the same directory twice is one run."""
    run_dir = request.get("workflow_dir_remote") or request["workflow_dir_local"]
    slug = re.sub(SEPARATORS, "-", request["workflow"]["name"].lower()).strip("-")[:40].strip("-")
    return f"{slug or 'run'}-{hashlib.sha256(run_dir.encode()).hexdigest()[:16]}"


def continued(request: dict, earlier: str) -> dict:
    """The request of a run that goes on from the one in `earlier`, in the next free directory NAME.2, NAME.3, ... beside it."""
    root = re.sub(r"\.\d+$", "", earlier.rstrip("/"))
    run_dir = next(path for number in itertools.count(2) if not os.path.lexists(path := f"{root}.{number}"))
    remote = run_dir if request.get("workflow_dir_remote") else None
    return {
        **request,
        "workflow_dir_local": run_dir,
        "workflow_dir_remote": remote,
        "continue_from": earlier.rstrip("/"),
    }


def read_result(reference: dict) -> bytes:
    """The result travels as a reference: a path that this machine must see, and the digest of its content."""
    content = Path(reference["path"]).read_bytes()
    if hashlib.sha256(content).hexdigest() != reference["sha256"]:
        raise SystemExit(f"{reference['path']} was changed since the run wrote it")
    return content


def print_result(reference: dict | None) -> None:
    if reference is not None:
        sys.stdout.write(read_result(reference).decode())


async def start(client: Client, request: dict, task_queue: str) -> WorkflowHandle:
    """Running already: joined. Closed already: nothing runs again, its result is read."""
    run_id = workflow_id(request)
    try:
        return await client.start_workflow(
            "processWorkflow",
            request,
            id=run_id,
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
    except WorkflowAlreadyStartedError:
        return client.get_workflow_handle(run_id)


def report(error: ApplicationError) -> int:
    """`type` is one of three constant names; `details[0]` is one JSON object (docs/errors.md)."""
    details = error.details[0] if error.details else {}
    print(f"{error.type}: {error.message}", file=sys.stderr)
    if error.type == "InvalidRequestError":
        for problem in details["errors"]:
            print(f"  {problem['path']}: expected {problem['expected']}, got {problem['got']}", file=sys.stderr)
    else:
        for name in ("task_name", "unit_index", "exit_code", "signal", "log_file", "slurm_job_id"):
            if details.get(name) is not None:
                print(f"  {name}: {details[name]}", file=sys.stderr)
        print(details.get("log_tail") or "", file=sys.stderr)
        print_result(details.get("result"))
    return EXIT_CODES.get(error.type, 1)


async def run(arguments: argparse.Namespace) -> int:
    request = json.loads(Path(arguments.request).read_text())
    if arguments.continue_from is not None:
        request = continued(request, os.path.abspath(arguments.continue_from))
    client = await Client.connect(arguments.address, namespace=arguments.namespace)
    handle = await start(client, request, arguments.task_queue)
    print(f"run {handle.id}", file=sys.stderr)
    try:
        returned = await handle.result()
    except WorkflowFailureError as failure:
        if isinstance(failure.cause, CancelledError):
            print("cancelled", file=sys.stderr)
            print_result(await handle.query("result"))
            return 5
        if isinstance(failure.cause, ApplicationError):
            return report(failure.cause)
        raise
    print_result(returned["result"])
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a Fractal workflow on Temporal.")
    parser.add_argument("request", help="JSON file of the request")
    parser.add_argument("--continue-from", metavar="DIR", help="directory of an earlier run that is over")
    parser.add_argument("--address", default="127.0.0.1:7233")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--task-queue", default="fractal", help="queue of the workflow worker")
    return asyncio.run(run(parser.parse_args()))


def leave(code: int) -> None:
    """Ends without the interpreter's own clean-up.

    The SDK's threads may hand back a last answer while the interpreter is finalizing; about 1 process in 25 was seen
    to die of SIGABRT then (temporalio 1.35, Python 3.11), after everything was done, and its exit code with it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    try:
        leave(main())
    except KeyboardInterrupt:
        print("left; what goes on, goes on", file=sys.stderr)
        leave(130)
    except Exception as error:
        # A missing file, a server that does not answer: the words are enough, unless a program is looked for.
        if os.environ.get("DEBUG"):
            traceback.print_exc()
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        leave(1)
