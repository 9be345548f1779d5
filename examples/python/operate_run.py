#!/usr/bin/env python3
"""An operator's hand on a living run: says where it stands, pauses, resumes, retries, skips, stops it.

Needs `pip install temporalio` (1.7 or newer); the id is what run_workflow.py prints:

    python operate_run.py plate-0123456789abcdef show
    python operate_run.py plate-0123456789abcdef retry --units 3 7 --mem 8G
    python operate_run.py plate-0123456789abcdef skip

Each is one update of Temporal by its name, with one JSON object (docs/updates.md). Exit codes: 0 done, 2 refused, with
the reason on stderr and nothing changed.
"""

import argparse
import asyncio
import json
import os
import sys
import traceback

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError


def argument_of(arguments: argparse.Namespace) -> dict:
    """The update's JSON: fields that it does not have are refused."""
    units = arguments.units or "failed"
    if arguments.what == "pause":
        return {"now": arguments.now}
    if arguments.what == "retry":
        wanted = {"mem": arguments.mem, "time": arguments.time}
        meta = {key: value for key, value in wanted.items() if value is not None}
        return {"units": units, "meta": meta, "rerun_interrupted": arguments.rerun_interrupted}
    return {"units": units} if arguments.what == "skip" else {}


async def show(handle: WorkflowHandle) -> None:
    """`held` in the answer: which task, how many units are open, and the first of them with why they failed."""
    progress = await handle.query("progress")
    json.dump({"status": progress["status"], "held": progress.get("held")}, sys.stdout, indent=2)
    print()


async def operate(arguments: argparse.Namespace) -> int:
    client = await Client.connect(arguments.address, namespace=arguments.namespace)
    handle = client.get_workflow_handle(arguments.id)
    if arguments.what == "show":
        await show(handle)
        return 0
    try:
        # The same id again is the same update: it is done once, and answered alike.
        answer = await handle.execute_update(arguments.what, argument_of(arguments), id=arguments.update_id)
    except WorkflowUpdateFailedError as failure:
        if isinstance(failure.cause, ApplicationError) and failure.cause.type == "UpdateRefused":
            print(failure.cause.message, file=sys.stderr)
            return 2
        raise
    print(answer["did"], file=sys.stderr)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Operate a living run.")
    parser.add_argument("id", help="workflow id of the run")
    parser.add_argument("what", choices=("show", "pause", "resume", "retry", "skip", "stop"))
    parser.add_argument("--units", type=int, nargs="+", help="indices of units (retry, skip); default: all that failed")
    parser.add_argument("--mem", help="memory of each unit (retry), such as 8G")
    parser.add_argument("--time", help="time limit (retry), such as 2:00:00")
    parser.add_argument("--rerun-interrupted", action="store_true", help="interrupted units too (retry)")
    parser.add_argument("--now", action="store_true", help="running batches start no further unit (pause)")
    parser.add_argument("--update-id", help="default: a new one")
    parser.add_argument("--address", default="127.0.0.1:7233")
    parser.add_argument("--namespace", default="default")
    return asyncio.run(operate(parser.parse_args()))


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
