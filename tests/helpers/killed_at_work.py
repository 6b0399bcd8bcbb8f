"""Kill a process at many places of its work: after a chosen call into C, such as a write.

``python -m tests.helpers.killed_at_work WORK FOLDER TIMES`` copies FOLDER/data, FOLDER/disk and
FOLDER/data-keys for each kill, and prints a JSON list of what was found on the disks afterwards.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from kiosk.core import paths
from kiosk.core.people import Person
from kiosk.core.templates import Template
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.badge_secret import badge_secret
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
NAME = "홍길동이라는사람"
PLAIN = (NAME.encode(), b"SQLite format 3\0", b"CREATE TABLE")
"""Bytes of an unencrypted database."""


def prepare(folder: Path) -> None:
    """Make a small database with a badge secret and a backup, which lies on another disk."""
    data = folder / "data"
    with Store.open(paths.database_file(data), backups=folder / "disk") as store:
        vector = [float(n) for n in range(64)]
        store.people.add_with_templates(
            Person("2026-0001", NAME, consented_at=local_now()),
            [Template(0, "net", vector, "front", 0.5)],  # type: ignore[arg-type]
        )
        badge_secret(store, paths.badge_key(data))
        store.backups.make("first", local_now())


def killed(work: str, folder: Path, times: int) -> list[dict[str, Any]]:
    """Run this module in a process of its own and return what it found after each kill."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.killed_at_work", work, str(folder), str(times)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _backups(folder: Path) -> tuple[Backups, Vault]:
    data = folder / "data"
    vault = Vault(FileKeys(paths.keys_dir(data)))
    return Backups(paths.database_file(data), vault, folder / "disk"), vault


def _back_up(folder: Path) -> None:
    _backups(folder)[0].make("second", local_now())


def _verify(folder: Path) -> None:
    backups, _ = _backups(folder)
    restore.verify(backups, backups.files()[0])


def _restore(folder: Path) -> None:
    backups, vault = _backups(folder)
    restore.restore(backups, backups.files()[0], vault, local_now(), "관리자")


WORK: dict[str, Callable[[Path], None]] = {
    "backup": _back_up,
    "verify": _verify,
    "restore": _restore,
}


def _child(work: Callable[[], None], call: int) -> int:
    """Fork, kill the child after that call into C, or at no call if it is 0; return how many."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        count = 0

        def counted(frame: FrameType, event: str, _: object) -> None:
            nonlocal count
            if event == "c_return" and "/kiosk/" in frame.f_code.co_filename:
                count += 1
                if count == call:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(counted)
        work()
        sys.setprofile(None)
        os.write(write, str(count).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        made = pipe.read()
    os.waitpid(child, 0)
    return int(made or 0)


def _contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file, file.read_bytes()


def _looked_through(folder: Path) -> dict[str, Any]:
    """Return what lies where it must not, right after the kill and after the next start."""
    disk, data = folder / "disk", folder / "data"
    [secret] = [
        bytes.fromhex(file.read_text()) for file in paths.keys_dir(data).glob("badge-*.key")
    ]
    plain = [f.name for f, raw in _contents(disk) if any(part in raw for part in PLAIN)]
    badge = [f.name for place in (disk, data) for f, raw in _contents(place) if secret in raw]
    database = paths.database_file(data)
    Store.open(database, backups=disk).close()
    own = {database.name, *(f.name for f, _ in _contents(paths.set_aside_dir(data)))}
    left = [f.name for f, _ in _contents(disk) if f.suffix != ".mjb" and f.name != ".lock"]
    left += [f.name for f, raw in _contents(data) if PLAIN[1] in raw and f.name not in own]
    return {"plain": plain, "badge": badge, "left": left}


def main() -> None:
    """Print what was found after each kill."""
    work, start, times = WORK[sys.argv[1]], Path(sys.argv[2]), int(sys.argv[3])
    copy = start.with_name(f"{start.name}-{sys.argv[1]}")
    chance = random.Random(20260302)

    def again(call: int) -> int:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(start, copy)
        return _child(lambda: work(copy), call)

    calls = again(0)
    found = []
    for call in sorted(chance.sample(range(1, calls + 1), min(times, calls))):
        again(call)
        found.append(_looked_through(copy))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
