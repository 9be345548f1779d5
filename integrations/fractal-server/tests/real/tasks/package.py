"""Tasks for the tests: standard library only, each a command of its own (`python package.py NAME --args-json ...`)."""

import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def note(arguments: dict, what: str) -> None:
    """One line per process in a file that the test reads: who ran, and how often."""
    if arguments.get("runs_file"):
        with open(arguments["runs_file"], "a") as file:
            file.write(f"{what}\n")


def convert(a: dict) -> dict:
    """Converter: makes `n` images of one plate."""
    note(a, "convert")
    return {
        "image_list_updates": [
            {
                "zarr_url": f"{a['zarr_dir']}/plate.zarr/A/{index:02d}",
                "attributes": {"plate": "plate.zarr", "well": f"A{index:02d}"},
                "types": {"is_3D": True},
            }
            for index in range(a.get("n", 4))
        ]
    }


def measure(a: dict) -> None:
    """Parallel: waits, warns, fails as it is told."""
    image = a["zarr_url"].rsplit("/", 1)[1]
    note(a, f"measure {image}")
    print(f"measuring {image}", flush=True)
    deadline = time.monotonic() + a.get("sleep", 0)
    while time.monotonic() < deadline and not Path(a.get("go_file", "/nonexistent")).exists():
        time.sleep(0.05)
    if image in a.get("warn", []):
        print("2026-11-26 WARNING dark corner", flush=True)
    if image in a.get("fail", []):
        raise SystemExit(f"cannot measure {image}")
    return


def prepare(a: dict) -> dict:
    """Init of a compound: every image is projected."""
    note(a, "prepare")
    items = [{"zarr_url": url, "init_args": {"suffix": "mip"}} for url in a["zarr_urls"]]
    return {"parallelization_list": items}


def project(a: dict) -> dict:
    image = a["zarr_url"].rsplit("/", 1)[1]
    note(a, f"project {image}")
    if image in a.get("fail", []):
        raise SystemExit(f"cannot project {image}")
    update = {"zarr_url": f"{a['zarr_url']}_{a['init_args']['suffix']}", "origin": a["zarr_url"]}
    return {"image_list_updates": [{**update, "types": {"is_3D": False}}]}


def discard(a: dict) -> dict:
    """Non-parallel: removes the first image from the dataset."""
    note(a, "discard")
    return {"image_list_removals": a["zarr_urls"][:1]}


def task(name: str, kind: str, **more: object) -> dict:
    parts = {"non_parallel": kind != "parallel", "parallel": kind in ("parallel", "compound")}
    names = {"non_parallel": more.pop("first", name.lower()), "parallel": more.pop("second", name.lower())}
    commands = {f"executable_{part}": f"{names[part]}.py" for part, used in parts.items() if used}
    return {"name": name, "type": kind, **commands, **more}


MANIFEST = {
    "manifest_version": "2",
    "task_list": [
        task("Convert", "converter_non_parallel"),
        task("Measure", "parallel", input_types={"is_3D": True}, output_types={"measured": True}),
        task("Project", "compound", first="prepare", second="project", input_types={"is_3D": True}),
        task("Discard", "non_parallel"),
    ],
}

if __name__ == "__main__":
    name = Path(sys.argv[0]).stem
    options = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    output = globals()[name](json.loads(Path(options["--args-json"]).read_text()))
    if output is not None:
        Path(options["--out-json"]).write_text(json.dumps(output))
