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
    removed = 0
    for folder in (paths.exports_dir(data_dir), paths.imports_dir(data_dir)):
        if folder.is_symlink() or not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*"), reverse=True):  # files before their folders
            removed += _removed(path, before.timestamp())
    return removed


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
