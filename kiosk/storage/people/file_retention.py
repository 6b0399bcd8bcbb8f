"""Delete old exports, tables and photographs: they hold what the log and the database hold."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from kiosk.core import paths
from kiosk.core.files import shred

log = logging.getLogger(__name__)


def remove_old_files(data_dir: Path, before: datetime) -> int:
    """Delete the files in ``exports`` and ``imports`` put there before a moment; return how many.

    Links are followed nowhere. A file that cannot be deleted is reported in the program's log.
    """
    folders = (paths.exports_dir(data_dir), paths.imports_dir(data_dir))
    return sum(remove_old_in(folder, before) for folder in folders)


def remove_old_in(folder: Path, before: datetime) -> int:
    """Delete the files in ``folder`` put there before a moment, as above."""
    if folder.is_symlink() or not folder.is_dir():
        return 0
    found = sorted(folder.rglob("*"), reverse=True)  # files before their folders
    return sum(_removed(path, before.timestamp()) for path in found)


def _removed(path: Path, before: float) -> bool:
    """Delete ``path`` if it is old; a folder only when it is empty."""
    try:
        # when it came here: a copied table keeps the date at which it was written
        if path.lstat().st_ctime >= before:
            return False
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
            return False
        shred(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        log.error("%s is old but cannot be deleted (%s); delete it by hand", path, error)
        return False
    return True
