"""Write a table to a CSV or XLSX file, whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kiosk.core.files import replace_durably
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.tabular.log_sheets import SHEETS, Cell


def write_plain_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Write ``rows`` to ``path`` (.csv or .xlsx), readable by this user only.

    Texts that look like formulas are neutral. Raise ``StorageError`` if it cannot be written.
    """
    path = path.absolute()
    with files_explained(path, "written"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{path.name}.", suffix=".part", dir=path.parent
        ) as folder:
            part = Path(folder) / f"table{path.suffix}"
            sheet = SHEETS[path.suffix.lower().removeprefix(".")](part, columns)
            try:
                for row in rows:
                    sheet.write(tuple(row))
                sheet.finish()
            finally:
                with suppress(OSError):  # after an error, closing may fail too
                    sheet.abandon()
            part.chmod(0o600)
            replace_durably(part, path)
