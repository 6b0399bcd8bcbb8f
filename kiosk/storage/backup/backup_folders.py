"""Every folder that ever held backups of a database, remembered in a file beside it.

A person who is deleted must disappear from backups in former folders too, and on disks that are
plugged in by turns at the same path. A folder is therefore recognised by an id that it carries.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from kiosk.core import paths
from kiosk.core.files import atomic_write
from kiosk.storage.db.sqlite_errors import files_explained

LOCK = ".lock"
"""File that processes lock while they change the backups of a folder; it holds the folder's id."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownFolder:
    """A folder of backups. ``id``: what its lock file says, to tell disks apart."""

    path: str
    id: str

    @property
    def is_there(self) -> bool:
        """Whether this very folder can be reached, and not another disk at its path."""
        return id_of(Path(self.path)) == self.id


def id_of(folder: Path) -> str:
    """Return the id of a folder of backups; "" if it has none or cannot be read."""
    try:
        return (folder / LOCK).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


class BackupFolders:
    """The known folders of the database in ``data_dir``. Callable from any thread and process."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._file = paths.backup_folders_file(data_dir)

    def known(self) -> list[KnownFolder]:
        """Return all folders, in the order in which they came into use."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return [KnownFolder(str(one["path"]), str(one["id"])) for one in found]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.error("%s cannot be read (%s); it is written again", self._file, error)
            return []

    def remember(self, folder: Path) -> None:
        """Give ``folder`` an id if it has none and add it, before a backup is written into it.

        Raise ``StorageError`` if that cannot be stored.
        """
        own = id_of(folder)
        if not own:
            own = secrets.token_hex(8)
            with files_explained(folder, "written"):
                (folder / LOCK).write_text(own, encoding="ascii")
        entry = KnownFolder(str(folder), own)
        if entry not in self.known():
            with self._locked():
                self._store([*self.known(), entry])

    def forget(self, path: str) -> int:
        """Forget the folders at ``path`` that are not there; return how many."""
        with self._locked():
            known = self.known()
            kept = [one for one in known if one.path != path or one.is_there]
            self._store(kept)
        return len(known) - len(kept)

    def others(self, present: Path) -> list[Path]:
        """Return the folders besides ``present`` that are there."""
        found = [Path(one.path) for one in self.known() if one.is_there]
        found.append(paths.backups_dir(self._data_dir))  # of older programs, which forgot it
        return [folder for folder in dict.fromkeys(found) if folder != present and folder.is_dir()]

    def missing(self) -> list[str]:
        """Return the paths of folders that are not there."""
        return list(dict.fromkeys(one.path for one in self.known() if not one.is_there))

    def _store(self, folders: list[KnownFolder]) -> None:
        text = json.dumps([asdict(one) for one in folders], ensure_ascii=False, indent=1)
        with files_explained(self._file, "written"):
            atomic_write(self._file, f"{text}\n".encode())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the data folder against other processes that change the list."""
        with files_explained(self._data_dir, "read"):
            handle = os.open(self._data_dir, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
