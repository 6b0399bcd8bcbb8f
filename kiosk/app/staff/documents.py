"""Files that the staff area leaves in the exports' folder."""

from __future__ import annotations

import json
from pathlib import Path

from kiosk.core.files import atomic_write
from kiosk.services.export_service import free_name
from kiosk.storage.db.sqlite_errors import files_explained


def write_document(folder: Path, name: str, document: object) -> Path:
    """Write ``document`` as JSON into ``folder``, readable by this user only; return the file.

    A document is never left truncated: one with a person's data could not be found any more when
    the person is deleted. Raise ``StorageError`` if it cannot be written.
    """
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    return write_file(folder, f"{name}.json", text.encode("utf-8"))


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """Write ``content`` into ``folder``, readable by this user only; return the file.

    Raise ``StorageError`` if it cannot be written.
    """
    with files_explained(folder, "written"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = free_name(folder / name)
        atomic_write(target, content)
    return target
