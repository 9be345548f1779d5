"""The files of a run, seen from the server: where it runs, and where the server expects its files.

Both are one folder on a resource of type `local`. On a cluster the run lies in the folder of its user; then what the
server reads (logs of units, records, the result) is copied into its own folder for the job, as its own runner does.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: The runner's own files: no part of what a user downloads (docs/files.md).
PRIVATE = ".runner"

#: The server and the runner each write a workflow.log; this is the runner's, in the server's folder.
RUNNER_LOG = "workflow-run.log"


class RunFolder:
    def __init__(self, run_dir: Path, job_dir: Path) -> None:
        self.run_dir = run_dir
        self.job_dir = job_dir
        self.is_apart = run_dir != job_dir

    def read(self, relative: str) -> bytes:
        """A file of the run; raises OSError."""
        return (self.run_dir / relative).read_bytes()

    def read_from(self, relative: str, offset: int) -> bytes:
        """What a file of the run has from `offset` on; nothing where it is not there (yet)."""
        try:
            with (self.run_dir / relative).open("rb") as file:
                file.seek(offset)
                return file.read()
        except FileNotFoundError:
            return b""

    def has(self, relative: str) -> bool:
        # Of a folder that may not be entered nothing is there: Temporal knows whether the run is.
        return os.path.exists(self.run_dir / relative)

    def named(self, relative: str, pattern: str) -> list[str]:
        """Files of a folder of the run that match, in order."""
        return sorted(str(path.relative_to(self.run_dir)) for path in (self.run_dir / relative).glob(pattern))

    def object(self, relative: str) -> dict[str, Any]:
        """A file with one JSON object; raises OSError."""
        content: dict[str, Any] = json.loads(self.read(relative))
        return content

    def lines(self, relative: str) -> Iterator[dict[str, Any]]:
        """The objects of a file with one JSON object a line; raises OSError."""
        for line in self.read(relative).splitlines():
            if line:
                yield json.loads(line)

    def shown(self, path: str) -> str:
        """The path under which the server finds a file of the run, relative or absolute."""
        run_dir = str(self.run_dir)
        relative = path[len(run_dir) + 1 :] if path.startswith(f"{run_dir}/") else path
        return str(self.job_dir / relative)

    def fetch(self, path: str) -> None:
        """Brings one file over, if the two folders differ and it is there."""
        if not self.is_apart:
            return
        target = Path(self.shown(path))
        source = self.run_dir / target.relative_to(self.job_dir)
        if not source.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)

    def fetch_all(self) -> None:
        """Brings over all that a user may want to see, once the run has ended."""
        if not self.is_apart or not self.run_dir.is_dir():
            return
        for source in sorted(self.run_dir.rglob("*")):
            relative = source.relative_to(self.run_dir)
            if relative.parts[0] == PRIVATE or not source.is_file():
                continue
            target = self.job_dir / (RUNNER_LOG if relative.name == "workflow.log" else relative)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def drop_private(self) -> None:
        """Before the server packs its folder: the runner's own files are several times as large as the rest."""
        shutil.rmtree(self.job_dir / PRIVATE, ignore_errors=True)
