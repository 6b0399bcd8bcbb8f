"""What proves an export: a running digest in each row, and a signed statement beside the file.

The digest of a row is SHA-256 over the digest before it and the row's cells as texts, so that the first row that was
changed, removed, inserted or moved shows. The statement holds the last digest, the number of rows, the filter, the link of the
kiosk's own chain at that moment, and the SHA-256 of the file: a workbook can show something else than its rows. It can be checked anywhere, without the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.signing import check
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.tabular.export_reader import read_rows
from kiosk.storage.tabular.log_sheets import Cell

PURPOSE = "log export"
DIGEST = "digest"
"""The last column of every export: the first 16 digits of the row's digest."""
SHOWN = 16


class RunningDigest:
    """The digest after each row; begins with the names of the columns."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._state = hashlib.sha256(b"munjigi export 1\0" + length_prefixed(*columns)).digest()

    def add(self, row: Sequence[Cell]) -> str:
        """Take a row in; what stands in its column ``DIGEST``."""
        self._state = hashlib.sha256(
            self._state + length_prefixed(*(plain(cell) for cell in row))
        ).digest()
        return self.hex[:SHOWN]

    @property
    def hex(self) -> str:
        """The digest of all rows so far."""
        return self._state.hex()


def plain(cell: Cell) -> str:
    """A cell as a text: nothing is an empty one, a number has all its digits."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else f"{float(cell):.17g}"


def proof_of(path: Path) -> Path:
    """Where the proof of an export lies."""
    return path.with_name(path.name + ".proof")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """An export of ``rows`` rows made ``at``, signed by the key of ``fingerprint``; ``finding``: what is wrong first, or empty.

    ``whole``: whether the file as such is proved, too; an older program proved its rows only.
    """

    rows: int
    at: str
    fingerprint: str
    finding: str = ""
    whole: bool = True


def verify_export(path: Path) -> ExportReport:
    """Check an export with its proof, without the kiosk. ``StorageError`` where one of them is missing or is none."""
    document = _read(proof_of(path))
    said = check(document, PURPOSE)
    if said is None:
        return ExportReport(
            0, "", "", f"{proof_of(path).name} was changed, or its signature is not genuine"
        )
    finding = _first_wrong(path, said)
    if not finding and said.get("sha256", "") not in ("", sha256_of(path)):
        finding = f"{path.name} was changed beside its rows, or saved anew by another program"
    return ExportReport(
        int(said["rows"]), str(said["at"]), str(document["fingerprint"]), finding, "sha256" in said
    )


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as 64 digits."""
    with files_explained(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_wrong(path: Path, said: Any) -> str:
    columns = list(said["columns"])
    running = RunningDigest(said["columns"])
    count = 0
    for count, row in enumerate(read_rows(path, str(said["kind"])), 1):
        if row.columns != [*columns, DIGEST] or len(row.cells) != len(row.columns):
            return (
                f"the columns of {path.name} were changed"
                if count == 1
                else f"row {count} of {path.name} has other columns than the rows before it"
            )
        *cells, digest = row.cells
        if running.add(_numbers(cells, said["numbers"], columns)) != digest:
            return f"row {count} of {path.name} (number {cells[0]}) was changed, inserted, moved, or the row before it was removed"
    if count < said["rows"]:
        return f"{said['rows'] - count} rows at the end of {path.name} were removed"
    if count > said["rows"] or running.hex != said["digest"]:
        return f"rows at the end of {path.name} were added or changed"
    return ""


def _numbers(cells: Sequence[str], numbers: Sequence[str], columns: Sequence[str]) -> list[Cell]:
    made: list[Cell] = []
    for name, cell in zip(columns, cells, strict=True):
        try:
            made.append(float(cell) if cell and name in numbers else cell)
        except ValueError:
            made.append(cell)
    return made


def _read(path: Path) -> Any:
    if not path.exists():
        raise StorageError(
            f"The proof {path.name} is not beside the export; put it there.",
            key="error.proof_missing",
            name=path.name,
        )
    with files_explained(path, "read"):
        try:
            return json.loads(path.read_bytes())
        except ValueError:
            return None
