"""A PostgreSQL of the test's own: a new cluster in a temporary folder, on a free port."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import psycopg.rows
from psycopg.types.json import Jsonb

from .processes import Process, free_port, until


def programs() -> Path | None:
    """Folder of initdb and postgres; None where there is no PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return None if there is None else Path(there).resolve().parent


class Postgres:
    user = "fractal"

    def __init__(self, folder: Path) -> None:
        bin_folder = programs()
        assert bin_folder is not None
        self._bin = bin_folder
        self._folder = folder
        self.port = free_port()
        # PostgreSQL does not run as root.
        self._as: dict[str, Any] = {}
        folder.mkdir(mode=0o700)
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        options = ["-D", str(folder / "data"), "-U", self.user, "--auth=trust", "--encoding=UTF8", "--no-sync"]
        subprocess.run([bin_folder / "initdb", *options], check=True, capture_output=True, cwd="/", **self._as)
        self.start()
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE fractal")

    def start(self) -> None:
        options = ["-D", str(self._folder / "data"), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        more = ["-c", f"unix_socket_directories={self._folder}", "-c", "fsync=off"]
        log = self._folder.with_suffix(".log")
        command = [str(self._bin / "postgres"), *options, *more]
        self._process = Process(command, log, {**os.environ, "LC_ALL": "C.UTF-8"}, cwd="/", **self._as)
        until("PostgreSQL answers", lambda: self._answers())

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str = "fractal") -> str:
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url(), row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url()) as connection:
            connection.execute(statement)

    def insert(self, table: str, row: dict[str, Any]) -> int:
        """The new row's id; dicts become JSON."""
        names = ", ".join(row)
        places = ", ".join(["%s"] * len(row))
        values = [Jsonb(value) if isinstance(value, dict) else value for value in row.values()]
        return int(self.rows(f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id", *values)[0]["id"])

    def stop(self) -> None:
        """Fast: connections are cut."""
        self._process.end(signal.SIGINT)
