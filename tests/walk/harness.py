"""``make walk``: the daily chores by real clicks and keys on several sizes of glass.

Starts an X server (Xvfb) for each size, and in it the whole kiosk with drawn people. Writes
build/walk.json and, for each size, language and way of input, pictures into build/walk/.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIZES = ("800x480", "1024x600", "1280x800", "1920x1080", "1080x1920", "3840x2160")
PROGRAMS = {"Xvfb": "xvfb", "xdotool": "xdotool"}
"""What is run, and Debian's package of it."""
LIMIT_S = 900

Row = dict[str, object]


@contextmanager
def display_of(size: str) -> Iterator[str]:
    """An X server with one screen of ``size`` (as 800x480); yields its name for $DISPLAY."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb does not start with a screen of {size}")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def walk(size: str, language: str, way: str, folder: Path) -> list[Row]:
    """Do the chores once; return a row for each, the last with its fault if one was met."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows: list[Row] = []
    with display_of(size) as display, (folder / "kiosk.log").open("w") as kept:
        environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        command = [sys.executable, "-m", "tests.walk.kiosk_walk", str(folder)]
        process = subprocess.Popen(
            [*command, "--language", language, "--input", way],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=kept,
            text=True,
        )
        assert process.stdout is not None
        too_long = threading.Timer(LIMIT_S, process.kill)
        too_long.start()
        for line in process.stdout:
            if line.startswith("{"):
                rows.append({"size": size, "language": language, "input": way} | json.loads(line))
                print(line_of(rows[-1]), flush=True)
        code = process.wait()
        too_long.cancel()
    shutil.rmtree(folder / "data", ignore_errors=True)
    if code and not any(row["fault"] for row in rows):
        fault = f"the kiosk ended with exit code {code}; see {folder / 'kiosk.log'}"
        rows.append(
            {"size": size, "language": language, "input": way, "chore": "–", "fault": fault}
        )
        print(line_of(rows[-1]), flush=True)
    return rows


def line_of(row: Row) -> str:
    """A row of the table."""
    where = f"{row['size']:>9}  {row['language']}  {row['input']:<8}"
    if row["fault"]:
        return f"{where}  {row['chore']:<34}  FAULT: {row['fault']}"
    return (
        f"{where}  {row['chore']:<34}  {row['taps']:>3} taps  {row['keys']:>3} keys"
        f"  {row['seconds']:>6} s  ({row['waited_s']} s of them waiting)"
    )


def main(arguments: list[str]) -> int:
    """Walk through what is asked for; exit code 1 if a chore could not be done."""
    parser = argparse.ArgumentParser(prog="make walk", description=__doc__)
    parser.add_argument("--size", action="append", help="as 800x480; default: six sizes")
    parser.add_argument("--language", action="append", help="default: en and ko")
    parser.add_argument("--input", action="append", choices=("touch", "keyboard"))
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "walk")
    options = parser.parse_args(arguments)
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing:
        print(f"munjigi: install {' and '.join(missing)} first: apt-get install", *missing)
        return 2
    rows: list[Row] = []
    for size in options.size or SIZES:
        for language in options.language or ("en", "ko"):
            for way in options.input or ("touch", "keyboard"):
                rows += walk(size, language, way, options.out / f"{size}-{language}-{way}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out.parent / "walk.json").write_text(
        json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    faults = sum(bool(row["fault"]) for row in rows)
    print(f"{len(rows)} chores, {faults} faults; pictures are in {options.out}")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
