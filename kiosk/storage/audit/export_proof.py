"""The proof of an export: a running digest in each row, and a signed statement beside the file.

The digest of a row is SHA-256 over the previous digest and the cells of the row as text, so that
the first row changed, removed, inserted or moved is found. The statement contains the last digest,
the number of rows, the filter, the newest link of the kiosk's own chain, and the SHA-256 of the
file, since a workbook can show something else than its rows. It can be verified anywhere, without
the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.core.errors import StorageError
from kiosk.core.parsed_json import parse_json
from kiosk.storage.crypto.aead import length_prefixed
from kiosk.storage.crypto.signing import check
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.tabular.export_reader import read_rows
from kiosk.storage.tabular.log_sheets import Cell

PURPOSE = "log export"
"""Purpose of the signature of a proof."""

DIGEST = "digest"
"""Name of the last column of every export: the beginning of the row's digest."""

_MOST_COLUMNS = 1_000
_LARGEST = 1_000_000
"""Maximum size of a proof in bytes; one has about 2,000."""

SHOWN = 16
"""Number of hexadecimal digits in that column."""


class RunningDigest:
    """The digest of the rows so far, beginning with the names of the columns."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._state = hashlib.sha256(b"munjigi export 1\0" + length_prefixed(*columns)).digest()

    def add(self, row: Sequence[Cell]) -> str:
        """Add a row and return the content of its column ``DIGEST``."""
        self._state = hashlib.sha256(
            self._state + length_prefixed(*(plain(cell) for cell in row))
        ).digest()
        return self.hex[:SHOWN]

    @property
    def hex(self) -> str:
        """The digest of all rows so far, as 64 hexadecimal digits."""
        return self._state.hex()


def plain(cell: Cell) -> str:
    """Return a cell as text: empty for ``None``, a number with all its digits."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else f"{float(cell):.17g}"


def proof_of(path: Path) -> Path:
    """Return the path of the proof of an export."""
    return path.with_name(path.name + ".proof")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The result of verifying an export.

    ``rows``, ``at``: number of rows and time of the export. ``fingerprint``: id of the signing key.
    ``finding``: the first thing that is wrong, or empty. ``whole``: whether the proof covers the
    whole file; that of an older program covers only its rows.
    """

    rows: int
    at: str
    fingerprint: str
    finding: str = ""
    whole: bool = True


def verify_export(path: Path) -> ExportReport:
    """Verify an export with its proof; raise ``StorageError`` if either cannot be read."""
    document = _read(proof_of(path))
    statement = _exported(check(document, PURPOSE))
    if statement is None:
        return ExportReport(
            0, "", "", f"{proof_of(path).name} was changed, or its signature is not genuine"
        )
    finding = _first_finding(path, statement)
    if not finding and statement.get("sha256", "") not in ("", sha256_of(path)):
        finding = f"{path.name} was changed outside its rows, or saved again by another program"
    return ExportReport(
        statement["rows"],
        statement["at"],
        str(document["fingerprint"]),
        finding,
        "sha256" in statement,
    )


def _exported(statement: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return ``statement`` if it is about an export: anybody can sign one with a key of theirs."""
    if statement is None:
        return None
    whole = {"kind": str, "at": str, "digest": str, "rows": int, "columns": list, "numbers": list}
    if any(type(statement.get(name)) is not kind for name, kind in whole.items()):
        return None
    names = [*statement["columns"], *statement["numbers"]]
    if not all(isinstance(name, str) for name in names) or len(names) > _MOST_COLUMNS:
        return None
    return statement if statement["at"].isprintable() and statement["rows"] >= 0 else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with files_explained(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_finding(path: Path, statement: Any) -> str:
    columns: list[str] = statement["columns"]
    running = RunningDigest(columns)
    count = 0
    for count, row in enumerate(read_rows(path, statement["kind"]), 1):
        if row.columns != [*columns, DIGEST] or len(row.cells) != len(row.columns):
            return (
                f"the columns of {path.name} were changed"
                if count == 1
                else f"row {count} of {path.name} has other columns than the rows before it"
            )
        *cells, digest = row.cells
        if running.add(_with_numbers(cells, statement["numbers"], columns)) != digest:
            return (
                f"row {count} of {path.name} (number {cells[0]}) was changed, inserted, moved,"
                " or the row before it was removed"
            )
    if count < statement["rows"]:
        return f"{statement['rows'] - count} rows at the end of {path.name} were removed"
    if count > statement["rows"] or running.hex != statement["digest"]:
        return f"rows at the end of {path.name} were added or changed"
    return ""


def _with_numbers(
    cells: Sequence[str], numbers: Sequence[str], columns: Sequence[str]
) -> list[Cell]:
    converted: list[Cell] = []
    for name, cell in zip(columns, cells, strict=True):
        try:
            converted.append(float(cell) if cell and name in numbers else cell)
        except ValueError:
            converted.append(cell)
    return converted


def _read(path: Path) -> Any:
    if not path.exists():
        raise StorageError(
            f"The proof {path.name} is not beside the export; put it there.",
            key="error.proof_missing",
            name=path.name,
        )
    with files_explained(path, "read"), path.open("rb") as file:
        try:
            return parse_json(file.read(_LARGEST))
        except ValueError:
            return None
