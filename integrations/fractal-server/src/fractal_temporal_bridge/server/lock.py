"""One follower per job, whatever happens to server processes: an advisory lock of PostgreSQL, held by a connection.

The connection is of an engine of its own: it lives as long as the job, and the server's pool is small. It is never in a
transaction. A process that dies loses it with its connection, at once.
"""

import threading
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from .seam import Seam

#: The first key of all locks of the bridge ("FTB" in ASCII): other programs may lock in the same database.
FOLLOWER = 0x465442
#: Held within a transaction that writes rows of a job: even two followers would write one after the other.
WRITER = 0x465443

_ALIVE = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


class LockLostError(RuntimeError):
    """The connection that held the lock is gone; somebody else may follow the job by now."""


class Locks:
    """Takes locks, and tells which are taken."""

    def __init__(self, seam: Seam) -> None:
        url = seam.database.engine_sync().url
        self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_ALIVE)

    def take(self, job_id: int) -> "JobLock | None":
        """None when somebody else has it; raises a DBAPIError when the database is away."""
        connection = self._engine.connect()
        try:
            query = text("SELECT pg_try_advisory_lock(:kind, :job)")
            taken = connection.execute(query, {"kind": FOLLOWER, "job": job_id}).scalar_one()
        except BaseException:
            connection.close()
            raise
        if not taken:
            connection.close()
            return None
        return JobLock(connection)

    def taken(self) -> set[int]:
        """Ids of the jobs that somebody follows."""
        query = text(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = :kind "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with self._engine.connect() as connection:
            return {int(row[0]) for row in connection.execute(query, {"kind": FOLLOWER})}


class JobLock:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        # Asked by the follower's thread, closed by the one that ends the server.
        self._turn = threading.Lock()

    def check(self) -> None:
        """Raises LockLostError when the lock may be somebody else's by now."""
        with self._turn:
            try:
                self._connection.execute(text("SELECT 1"))
            except (DBAPIError, AttributeError) as error:
                raise LockLostError(str(error)) from error

    def release(self) -> None:
        with self._turn:
            # Closing a connection that is broken already fails, and frees the lock all the same.
            try:
                self._connection.close()
            except DBAPIError:
                self._connection.invalidate()
