"""Destroy a person's key in one backup, also in a damaged one.

A bit that is flipped back makes a damaged backup readable again. One that nobody can restore is
therefore destroyed as a whole, rather than left with the key in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.core.files import showable, shred
from kiosk.core.reports import Unreached
from kiosk.storage.backup import backup_file
from kiosk.storage.db.sqlite_errors import files_explained

DAMAGED = "error.backup_damaged"
"""Key of the error for a damaged backup."""

log = logging.getLogger(__name__)


@dataclass
class KeysDestroyed:
    """In how many backups a key was destroyed, how many damaged backups were, and what was not."""

    backups: int = 0
    damaged: int = 0
    unreached: list[Unreached] = field(default_factory=list)


class _Found(Enum):
    DESTROYED = 1
    ABSENT = 2
    DAMAGED = 3
    UNKNOWN = 4


def destroy(
    files: list[Path],
    person_id: int,
    mark: bytes,
    content_key: Callable[[Path], bytes],
    result: KeysDestroyed,
) -> None:
    """Destroy a person's key in ``files`` and add to ``result`` what was done.

    ``content_key`` opens a backup or raises ``StorageError``. Raise ``StorageError`` if the system
    refuses a change.
    """
    for file in files:
        found = _destroy(file, person_id, mark, content_key)
        result.backups += found is _Found.DESTROYED
        result.damaged += found is _Found.DAMAGED
        if found is _Found.UNKNOWN:
            result.unreached.append(Unreached(showable(file.name), "other_key"))


def destroy_whole(file: Path) -> None:
    """Overwrite and delete a backup that nobody can restore."""
    log.warning("the backup %s is damaged; it is destroyed, with the keys in it", showable(file))
    with files_explained(file, "deleted"):
        shred(file)


def _destroy(
    file: Path, person_id: int, mark: bytes, content_key: Callable[[Path], bytes]
) -> _Found:
    try:
        if not backup_file.header(file).sealed:  # templates in the clear
            with files_explained(file, "deleted"):
                shred(file)
            return _Found.DESTROYED
        if backup_file.destroy_key(file, person_id, mark):
            return _Found.DESTROYED
        # nothing of this person, or their record is damaged
        backup_file.authenticate_keys(file, content_key(file))
    except StorageError as error:
        if error.key == DAMAGED:
            destroy_whole(file)
            return _Found.DAMAGED
        if error.key.startswith("error.storage_"):
            raise
        return _Found.UNKNOWN
    return _Found.ABSENT
