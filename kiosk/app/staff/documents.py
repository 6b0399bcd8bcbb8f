"""Files that the staff area leaves in the exports' folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

from kiosk.services.export_service import free_name
from kiosk.storage.db.sqlite_errors import files_explained


def write_document(folder: Path, name: str, document: object) -> Path:
    """Write ``document`` as JSON into ``folder``, readable by this user only; return the file.

    Raises ``StorageError`` where it cannot be written.
    """
    with files_explained(folder, "written"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = free_name(folder / f"{name}.json")
        with os.fdopen(
            os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(document, file, ensure_ascii=False, indent=1, sort_keys=True)
    return target
