"""The files of a run, seen from the server: where it runs, and where the server expects its files.

Both are one folder on a resource of type `local`. On a cluster the run lies in the folder of its user; then what the
server reads (logs of units, records, the result) is brought into its own folder for the job, as its own runner does:
copied where the server sees the run's folder, else through Temporal.
"""

import json
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .far import Far
from .tunables import FAR_FILES

#: The runner's own files: no part of what a user downloads (docs/files.md).
PRIVATE = ".runner"

#: The server and the runner each write a workflow.log; this is the runner's, in the server's folder.
RUNNER_LOG = "workflow-run.log"

_WORKFLOW_LOG = "workflow.log"
_IDENTITY = f"{PRIVATE}/run.json"


class RunFolder:
    """`far` reads the files of the run `workflow_id` where this machine does not see them; without it, it does."""

    def __init__(self, run_dir: Path, job_dir: Path, workflow_id: str | None = None, far: Far | None = None) -> None:
        self.run_dir = run_dir
        self.job_dir = job_dir
        self._workflow_id = workflow_id
        self.workers = far
        self._is_here = far is None

    def far(self) -> Far | None:
        """None as soon as the folder that this machine sees is that of the run: one of its name may be another."""
        if not self._is_here:
            try:
                identity = json.loads((self.run_dir / _IDENTITY).read_bytes())
                self._is_here = identity.get("workflow_id") == self._workflow_id
            except (OSError, ValueError):
                # Also where its user lets nobody look into it.
                return self.workers
        return None if self._is_here else self.workers

    @property
    def is_apart(self) -> bool:
        return self.run_dir != self.job_dir or self.far() is not None

    @property
    def refused(self) -> str | None:
        """Why the run's workers show nothing of it; None while they do, or are not asked."""
        return self.workers.refused if self.workers is not None and not self._is_here else None

    def read(self, relative: str) -> bytes:
        """A file of the run; raises OSError."""
        far = self.far()
        return (self.run_dir / relative).read_bytes() if far is None else far.read(relative)

    def news(self, relative: str, offset: int) -> bytes | None:
        """What a file of the run has from `offset` on; none where it is not there (yet), None where nobody knows yet.

        Raises OSError.
        """
        far = self.far()
        if far is not None:
            return far.news(relative, offset)
        try:
            with (self.run_dir / relative).open("rb") as file:
                file.seek(offset)
                return file.read()
        except FileNotFoundError:
            return b""

    def hurry(self) -> None:
        """The run has ended: its last news are wanted now."""
        if self.workers is not None:
            self.workers.hurry()

    def is_begun(self) -> bool:
        """Whether this machine sees that a run lies here; where it does not, Temporal knows."""
        return self.far() is None and (self.run_dir / _IDENTITY).exists()

    def named(self, relative: str, pattern: str) -> list[str]:
        """Files of a folder of the run that match, in order; raises OSError."""
        far = self.far()
        if far is None:
            return sorted(str(path.relative_to(self.run_dir)) for path in (self.run_dir / relative).glob(pattern))
        return sorted(f"{relative}/{name}" for name in far.names(relative) if fnmatchcase(name, pattern))

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
        return str(self.job_dir / self._relative(path))

    def fetch(self, path: str) -> None:
        """Brings one file over, if the two folders differ and it is there; from afar soon, and not at once."""
        if not self.is_apart:
            return None
        target, far = Path(self.shown(path)), self.far()
        if far is not None:
            return far.bring(self._relative(path), target)
        source = self.run_dir / target.relative_to(self.job_dir)
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return None

    def fetch_missing(self, path: str) -> None:
        """Brings one file over that is not there yet."""
        if not Path(self.shown(path)).exists():
            self.fetch(path)

    def fetch_all(self) -> None:
        """Brings over all that a user may want to see, once the run has ended; raises OSError."""
        far = self.far()
        if far is not None:
            return self._fetch_all_from(far)
        if not self.is_apart or not self.run_dir.is_dir():
            return None
        for source in sorted(self.run_dir.rglob("*")):
            relative = source.relative_to(self.run_dir)
            if relative.parts[0] == PRIVATE or not source.is_file():
                continue
            target = self.job_dir / (RUNNER_LOG if relative.name == _WORKFLOW_LOG else relative)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return None

    def drop_private(self) -> None:
        """Before the server packs its folder: the runner's own files are several times as large as the rest."""
        shutil.rmtree(self.job_dir / PRIVATE, ignore_errors=True)

    def _relative(self, path: str) -> str:
        run_dir = str(self.run_dir)
        return path[len(run_dir) + 1 :] if path.startswith(f"{run_dir}/") else path

    def _fetch_all_from(self, far: Far) -> None:
        far.wait()
        names = far.names("")
        for name in (name for name in names if not name.endswith("/")):
            far.bring(name, self.job_dir / (RUNNER_LOG if name == _WORKFLOW_LOG else name))
        folders = [name.rstrip("/") for name in names if name.endswith("/")]
        listed = zip(folders, far.names_in(folders), strict=True)
        inner = [f"{folder}/{name}" for folder, inside in listed for name in inside]
        missing = [path for path in inner if not path.endswith("/") and not (self.job_dir / path).exists()]
        if len(missing) > FAR_FILES:
            # They stay in Temporal for a while: of such a run what units were given and answered is left where it is.
            missing = [path for path in missing if not path.endswith(("-args.json", "-metadiff.json"))]
        for path in missing:
            far.bring(path, self.job_dir / path)
        far.wait()
