"""Documents among the exports that hold one person's data; they are deleted with the person."""

from __future__ import annotations

from pathlib import Path

from kiosk.core import paths
from kiosk.core.parsed_json import parse_json
from kiosk.storage.db.sqlite_errors import files_explained

OWN_DATA = "own-data"
"""Prefix of the file names of documents with one person's data."""


def badge_file(database: Path, person_id: int) -> Path:
    """Return where the printed badge of that person is kept until it is taken away."""
    return paths.exports_dir(database.parent) / f"badge-{person_id}.pdf"


def delete_own_data(database: Path, person_id: int) -> int:
    """Delete the exported documents with that person's data and return how many there were.

    ``database``: path of the database beside whose exports they are. What an interrupted export
    left is deleted too, of any person: it may be cut off. Raise ``StorageError`` if a file
    cannot be read or deleted.
    """
    deleted = 0
    exports = paths.exports_dir(database.parent)
    for part in exports.glob(f".{OWN_DATA}-*.part"):
        with files_explained(part, "deleted"):
            part.unlink(missing_ok=True)
    badge = badge_file(database, person_id)
    with files_explained(badge, "deleted"):
        if badge.exists():
            badge.unlink()
            deleted += 1
    for file in exports.glob(f"{OWN_DATA}-*.json"):
        with files_explained(file, "deleted"):
            if file.is_file() and person_in(file) == person_id:
                file.unlink()
                deleted += 1
    return deleted


def person_in(file: Path) -> object:
    """Return the id of the person whose data a document holds; ``None`` if it cannot be read."""
    try:
        return parse_json(file.read_bytes())["person"]["id"]
    except (ValueError, TypeError, KeyError):  # not written by this program, or truncated
        return None
