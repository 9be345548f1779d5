"""A Temporal server with workers: `fractal-temporal up` of this repository, in a folder of its own."""

import contextlib
import json
import os
import signal
from pathlib import Path

from .processes import Process, until

CLI = os.environ.get("FRACTAL_TEMPORAL_CLI") or str(Path(__file__).resolve().parents[4] / "dist" / "cli" / "main.js")


class Runner:
    def __init__(self, folder: Path, max_units: int = 2, keys: Path | None = None) -> None:
        self.home = folder
        self._max_units = max_units
        self._keys = keys
        folder.mkdir()
        self.starts = 0
        self.start()

    def start(self) -> None:
        """Server and workers; after `kill` the server that lives on is adopted."""
        self.starts += 1
        command = ["node", CLI, "up", "--max-units", str(self._max_units)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
        env |= {"FRACTAL_TEMPORAL_HOME": str(self.home), "FRACTAL_TEMPORAL_LOCAL": str(self.home / "local")}
        if self._keys is not None:
            env["FRACTAL_TEMPORAL_KEYS"] = str(self._keys)
        self.log = self.home / f"up-{self.starts}.log"
        self._process = Process(command, self.log, env)
        try:
            until("`up` is ready", lambda: "Ready." in self.log.read_text(), 300)
        except AssertionError:
            self.stop()
            raise

    @property
    def address(self) -> str:
        return str(json.loads((self.home / "server.json").read_text())["address"])

    @property
    def server_pid(self) -> int:
        return int(json.loads((self.home / "server.json").read_text())["process"]["pid"])

    def kill_workers(self) -> None:
        """SIGKILL to `up`: Temporal's server and the units live on."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.popen.wait()

    def kill_server(self) -> None:
        """SIGKILL to Temporal's server, if the process is still that; `up` would start it again."""
        pid = self.server_pid
        if str(self.home) in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        self._process.end()
        # One that was left by an `up` that was killed.
        with contextlib.suppress(OSError, ValueError, KeyError):
            self.kill_server()
