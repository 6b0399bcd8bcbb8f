"""Put one database file in the place of another, so that a kill at any moment leaves one whole.

The new file is first moved to a waiting name; then the old files are moved to ``set-aside`` and the
new one takes their place. An interrupted swap is finished at the next start.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kiosk.core import paths
from kiosk.core.files import replace_durably, shred, sync_folder
from kiosk.storage.db.sqlite_errors import files_explained


def waiting(path: Path) -> Path:
    """Return where a database waits to take the place of ``path``."""
    return path.with_name(path.name + ".restored")


def replace(path: Path, new: Path) -> None:
    """Put the closed database file ``new`` in the place of ``path``, which must not be open."""
    with files_explained(path, "replaced"):
        replace_durably(new, waiting(path))
    finish(path)


def finish(path: Path) -> bool:
    """Finish an interrupted ``replace``; return whether there was one.

    The old journals are moved first: they must never meet the new file.
    """
    new = waiting(path)
    if not new.exists():
        return False
    with files_explained(path, "replaced"):
        folder = paths.set_aside_dir(path.parent) / _folder_name(datetime.now(UTC))
        old = [
            file
            for suffix in ("-wal", "-shm", "-journal", "")
            if (file := path.with_name(path.name + suffix)).exists()
        ]
        if old:
            folder.mkdir(mode=0o700, parents=True)
            for file in old:
                file.rename(folder / file.name)
        new.rename(path)
        sync_folder(path.parent)
    return True


def forget_set_aside(path: Path, before: datetime | None = None) -> int:
    """Delete replaced databases, which may contain deleted people; return how many.

    ``before``: only those set aside before that moment.
    """
    folder = paths.set_aside_dir(path.parent)
    limit = _folder_name(before.astimezone(UTC)) if before is not None else None
    deleted = 0
    with files_explained(folder, "deleted"):
        for old in sorted(folder.glob("*Z")) if folder.is_dir() else []:
            if limit is not None and old.name >= limit:
                continue
            for file in old.iterdir():
                shred(file)
            old.rmdir()
            deleted += 1
    return deleted


def _folder_name(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S%f}Z"
