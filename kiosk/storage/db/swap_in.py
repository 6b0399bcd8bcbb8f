"""One database file put in another one's place, so that a kiosk killed meanwhile finds one of the two, whole.

The new file gets its final name for waiting (``munjigi.db.restored``) in one step; from then on whoever opens the
database finishes: the old files go to ``set-aside``, the new one takes their place.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kiosk.core import paths
from kiosk.core.files import replace_durably, sync_folder
from kiosk.storage.db.sqlite_errors import files_explained


def waiting(path: Path) -> Path:
    """Where a database waits to take the place of ``path``."""
    return path.with_name(path.name + ".restored")


def replace(path: Path, new: Path) -> None:
    """Put the whole and closed database file ``new`` in the place of ``path``; nobody may have ``path`` open."""
    with files_explained(path, "replaced"):
        replace_durably(new, waiting(path))
    finish(path)


def finish(path: Path) -> bool:
    """Finish what ``replace`` began; whether there was anything. The journal goes first: it must never meet the new file."""
    new = waiting(path)
    if not new.exists():
        return False
    with files_explained(path, "replaced"):
        folder = paths.set_aside_dir(path.parent) / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z"
        old = [
            file
            for end in ("-wal", "-shm", "-journal", "")
            if (file := path.with_name(path.name + end)).exists()
        ]
        if old:
            folder.mkdir(mode=0o700, parents=True)
            for file in old:
                file.rename(folder / file.name)
        new.rename(path)
        sync_folder(path.parent)
    return True


def forget_set_aside(path: Path, before: datetime | None = None) -> int:
    """Delete databases that were set aside, or only those of before ``before``; how many. People who are deleted may be in them."""
    folder = paths.set_aside_dir(path.parent)
    done = 0
    with files_explained(folder, "deleted"):
        for old in sorted(folder.glob("*Z")) if folder.is_dir() else []:
            if before is not None and old.name >= f"{before.astimezone(UTC):%Y%m%dT%H%M%S%f}Z":
                continue
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
            done += 1
    return done
