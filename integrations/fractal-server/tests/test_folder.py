"""What is brought over of a run that this machine does not see, once it has ended."""

from pathlib import Path
from typing import cast

import pytest

from fractal_temporal_bridge import folder as module
from fractal_temporal_bridge.far import Far
from fractal_temporal_bridge.folder import RunFolder


class Files:
    """A run's public files, by their folders."""

    def __init__(self, inside: dict[str, list[str]]) -> None:
        self._inside = inside

    def names(self, relative: str) -> list[str]:
        return [*self._inside[""], *(f"{name}/" for name in self._inside if name)] if relative == "" else []

    def names_in(self, folders: list[str]) -> list[list[str]]:
        return [self._inside[folder] for folder in folders]

    def bring(self, relative: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(relative)

    def wait(self) -> None:
        pass


def unit(name: str) -> list[str]:
    return [f"{name}-{kind}" for kind in ("args.json", "metadiff.json", "log.txt", "log.1.txt")]


FILES = {
    "": ["result.json", "workflow.log"],
    "0_a": ["units.jsonl", *unit("par-0"), *unit("par-1")],
    "1_b": unit("init"),
}


@pytest.mark.parametrize(("limit", "brings_words"), [(12, True), (13, True), (11, False)])
def test_of_very_many_files_the_words_of_units_stay(
    limit: int, brings_words: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is brought up to the limit, twelve files here; beyond it logs, records and the result alone."""
    monkeypatch.setattr(module, "FAR_FILES", limit)
    job_dir = tmp_path / "job"
    (job_dir / "0_a").mkdir(parents=True)
    # Brought while the run lived: not asked for again.
    (job_dir / "0_a" / "par-0-log.txt").write_text("there")
    RunFolder(tmp_path / "run", job_dir, "id", cast("Far", Files(FILES))).fetch_all()
    brought = {str(path.relative_to(job_dir)) for path in job_dir.rglob("*") if path.is_file()}
    inner = [f"{folder}/{name}" for folder, names in FILES.items() if folder for name in names]
    words = {name for name in inner if name.endswith(("-args.json", "-metadiff.json"))}
    assert brought == {"result.json", "workflow-run.log", *inner} - (set() if brings_words else words)
    assert (job_dir / "0_a" / "par-0-log.txt").read_text() == "there"
