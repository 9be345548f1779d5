"""Processes that a test starts and ends by their own ids, and the wait for a condition."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, condition: Callable[[], T], seconds: float = 60.0) -> T:
    """The first true answer; an error of the condition counts as "not yet"."""
    deadline = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = condition()
            if last:
                return last
        except (OSError, AssertionError, LookupError, ValueError) as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:.0f} s; last: {last!r}")


def hiding(folders: list[Path]) -> list[str]:
    """Before a command: it runs in a mount namespace of its own, where these folders are empty. Needs root."""
    if not folders:
        return []
    script = 'while [ "$1" != -- ]; do mount -t tmpfs none "$1" || exit 99; shift; done; shift; exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh", *map(str, folders), "--"]


class Process:
    """A program in a process group of its own, its output in a file."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str], **more: Any) -> None:
        self.log = log
        self._file = log.open("ab")
        self.popen = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=self._file,
            start_new_session=True,
            **more,
        )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def children(self) -> list[int]:
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def child_of_port(self, port: int) -> int:
        """The child that has the local end of a TCP connection."""
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        sockets = {f"socket:[{fields[9]}]" for fields in lines if int(fields[1].rpartition(":")[2], 16) == port}
        for pid in self.children():
            if any(os.readlink(end) in sockets for end in Path(f"/proc/{pid}/fd").iterdir()):
                return pid
        raise LookupError(f"port {port} is of none of {self.children()}")

    def signal_all(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def end(self, number: int = signal.SIGTERM, seconds: float = 30.0) -> None:
        """Signal to the process; the whole group is killed if it does not go."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.signal_all(signal.SIGKILL)
                self.popen.wait()
        self._file.close()

    def kill_all(self) -> None:
        """As when the machine is lost: the process and what it has started in its group."""
        self.signal_all(signal.SIGKILL)
        self.popen.wait()
        self._file.close()
