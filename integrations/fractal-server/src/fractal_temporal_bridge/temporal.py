"""The one connection to Temporal of a process: a thread with an event loop, and calls into it from the threads of jobs.

Made where it is first used, never at import: a server may fork its workers after it has loaded its application.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfigProfile
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from .errors import RequestError
from .keys import encrypting_converter, key_ring
from .request import encoded

T = TypeVar("T")
Handle = WorkflowHandle[Any, Any]

WORKFLOW_TYPE = "processWorkflow"
#: In a run's memo: SHA-256 of what it was started with.
DIGEST = "bridge_request_sha256"

DEFAULT_ADDRESS = "127.0.0.1:7233"

# One that does not answer must not hold up the caller, who says so and asks again.
_RPC_TIMEOUT = timedelta(seconds=10)

# The request or the caller's rights are wrong: asking again would not help.
_FOR_GOOD = {
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.UNIMPLEMENTED,
}


def is_away(error: BaseException) -> bool:
    """The server could not be reached, or could not answer now."""
    if isinstance(error, RPCError):
        return error.status not in _FOR_GOOD and error.status is not RPCStatusCode.NOT_FOUND
    # The SDK's words for a first connection that failed are a bare RuntimeError.
    return isinstance(error, OSError | TimeoutError | asyncio.TimeoutError) or (
        type(error) is RuntimeError and "connect" in str(error).lower()
    )


class Temporal:
    """A client that is connected when it is needed, and stays so."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None
        self.address = ""
        threading.Thread(target=self._loop.run_forever, name="temporal", daemon=True).start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` in the client's loop and waits for it; for threads other than the loop's."""
        return self.submit(work).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts `work` and does not wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def client(self) -> Client:
        if self._client is None:
            config = ClientConfigProfile.load().to_client_connect_config()
            self.address = config.setdefault("target_host", DEFAULT_ADDRESS)
            keys = key_ring()
            more: dict[str, Any] = {} if keys is None else {"data_converter": encrypting_converter(keys)}
            self._client = await Client.connect(**config, **more, lazy=True)
        return self._client

    async def start(self, workflow_id: str, argument: dict[str, Any], queue: str) -> None:
        """Starts the run, or joins the one that has this id, living or closed.

        Raises RequestError when that one was started with another request.
        """
        client = await self.client()
        digest = encoded(argument)[1]
        try:
            handle: Handle = await client.start_workflow(
                WORKFLOW_TYPE,
                argument,
                id=workflow_id,
                task_queue=queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                memo={DIGEST: digest},
                rpc_timeout=_RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            handle = client.get_workflow_handle(workflow_id)
        theirs = await (await handle.describe(rpc_timeout=_RPC_TIMEOUT)).memo_value(DIGEST, digest)
        if theirs != digest:
            raise RequestError(
                f"The run {workflow_id} of this folder was started with another request: a folder holds one run"
            )

    async def cancel(self, workflow_id: str) -> None:
        """Asks for the end of a run; one that has ended already is no error."""
        client = await self.client()
        try:
            await client.get_workflow_handle(workflow_id).cancel(rpc_timeout=_RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def status(self, workflow_id: str) -> str:
        """Where a living run stands: running, pausing, paused, held, ... (docs/updates.md)."""
        client = await self.client()
        progress = await client.get_workflow_handle(workflow_id).query("progress", rpc_timeout=_RPC_TIMEOUT)
        return str(progress["status"])

    async def update(self, workflow_id: str, name: str, update_id: str) -> None:
        """One of the updates of docs/updates.md, without an argument; the same `update_id` is done once."""
        client = await self.client()
        await client.get_workflow_handle(workflow_id).execute_update(name, {}, id=update_id, rpc_timeout=_RPC_TIMEOUT)


_lock = threading.Lock()
_shared: Temporal | None = None


def shared_temporal() -> Temporal:
    """The connection of this process."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Temporal()
        return _shared
