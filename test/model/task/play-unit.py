"""The task of the model suite as a Python script, for units that may be forked from a warm interpreter: as play.mjs has it."""

import glob
import json
import os
import signal
import sys
import time

WRITE_ONLY = "/proc/sys/vm/compact_memory"


def own(value, key):
    return value.get(key) if isinstance(value, dict) else None


def play_of(args):
    plays = own(args, "plays")
    zarr_url = own(args, "zarr_url")
    found = own(own(args, "init_args"), "play"), own(plays, "*" if zarr_url is None else zarr_url), own(plays, "*")
    return next((play for play in found if play is not None), {})


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def as_utf8(text):
    """Half a pair of surrogates becomes what Node makes of it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def as_json(value):
    return json.dumps(value).encode()


def link(path, text):
    write(path + ".target", as_utf8(text))
    os.symlink(path + ".target", path)


WRITERS = {
    "json": lambda path, value: write(path, as_json(value)),
    "text": lambda path, text: write(path, as_utf8(text)),
    "hex": lambda path, digits: write(path, bytes.fromhex(digits)),
    "padded": lambda path, value: write(path, b" " * value["spaces"] + as_json(value["json"])),
    "folder": lambda path, _: os.mkdir(path),
    "dangling": lambda path, _: os.symlink(path + ".nowhere", path),
    "loop": lambda path, _: os.symlink(path, path),
    "link": link,
    "unreadable": lambda path, _: os.symlink(WRITE_ONLY, path),
    "fifo": lambda path, _: os.mkfifo(path),
}


def main():
    args_path, out_path = (sys.argv[sys.argv.index(option) + 1] for option in ("--args-json", "--out-json"))
    with open(args_path, encoding="utf-8") as file:
        play = play_of(json.load(file))
    if "log" in play:
        print(play["log"], flush=True)
    for kind, value in play.get("out", {}).items():
        WRITERS[kind](out_path, value)
    if "signal" in play:
        os.kill(os.getpid(), getattr(signal, play["signal"]))
        time.sleep(1000)
    run = len(glob.glob(glob.escape(args_path[: -len("args.json")] + "log.") + "*[0-9].txt"))
    exits = play.get("exits", [])
    sys.exit(exits[run] if run < len(exits) else play.get("exit", 0))


main()
