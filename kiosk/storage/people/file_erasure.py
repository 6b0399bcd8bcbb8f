"""Erase a person from the files beside the database, and name the files that remain."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.core import paths
from kiosk.core.files import showable, shred
from kiosk.core.people import Person
from kiosk.core.photo_names import owner_of
from kiosk.core.reports import Unreached
from kiosk.storage.backup.scratch import clear_left_behind
from kiosk.storage.db import swap_in
from kiosk.storage.db.sqlite_errors import files_explained
from kiosk.storage.outbox import Outbox
from kiosk.storage.people.own_data_files import OWN_DATA, delete_own_data, person_in
from kiosk.storage.tabular.table_reader import TABLE_SUFFIXES, read_table

RECEIPT = "deletion-receipt"
"""Prefix of the file names of receipts among the exports; they name nobody."""

log = logging.getLogger(__name__)


@dataclass
class FilesErased:
    """How many files were deleted, by kind; how many exports stay; and what was not reached."""

    documents: int = 0
    photographs: int = 0
    databases: int = 0
    exports_kept: int = 0
    unreached: list[Unreached] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Request:
    """Whose files are erased. ``whole``: the person, not only their face."""

    database: Path
    person: Person
    whole: bool
    numbers: Callable[[], Collection[str]]


def erase_files(
    database: Path, person: Person, whole: bool, numbers: Callable[[], Collection[str]]
) -> FilesErased:
    """Erase ``person`` from all files beside ``database``; ``whole``: not only their face.

    ``numbers``: returns the numbers of everybody enrolled. Raise ``StorageError`` if a document of
    the person's data cannot be deleted.
    """
    result = FilesErased()
    request = _Request(database, person, whole, numbers)
    for erase in ERASERS.values():
        erase(request, result)
    return result


def _clear_scratch(request: _Request, result: FilesErased) -> None:
    in_use = clear_left_behind(request.database.parent)
    result.unreached += [Unreached(folder.name, "in_use") for folder in in_use]


def _forget_set_aside(request: _Request, result: FilesErased) -> None:
    result.databases += swap_in.forget_set_aside(request.database)


def _delete_documents(request: _Request, result: FilesErased) -> None:
    assert request.person.id is not None
    result.documents += delete_own_data(request.database, request.person.id)
    for file in _files(paths.exports_dir(request.database.parent)):
        if file.name.startswith(OWN_DATA):
            if _names(file.stem, request.person.number) and person_in(file) is None:  # truncated
                _shred(file, request, result)
                result.documents += 1
        elif not file.name.startswith(RECEIPT):
            result.exports_kept += request.whole


def _delete_photographs(request: _Request, result: FilesErased) -> None:
    """Delete pictures named by the number; name the tables that may list the person."""
    folder = paths.imports_dir(request.database.parent)
    files = list(_files(folder))
    taken = request.numbers() if files else ()
    for file in files:
        if file.suffix.lower() in TABLE_SUFFIXES:
            if request.whole and _lists(file, request.person):
                result.unreached.append(_by_hand(file, request))
        elif _is_photograph_of(file.relative_to(folder), request.person, taken):
            _shred(file, request, result)
            result.photographs += 1


def _forget_names_told(request: _Request, result: FilesErased) -> None:
    file = paths.outbox_file(request.database.parent)
    if file.exists():
        with closing(Outbox(file)) as outbox:
            outbox.forget_names()


ERASERS: dict[str, Callable[[_Request, FilesErased], None]] = {
    "scratch": _clear_scratch,
    "set-aside": _forget_set_aside,
    "exports": _delete_documents,
    "imports": _delete_photographs,
    "outbox": _forget_names_told,
}
"""What is done in the places of ``data_places``; ``Erasure`` does the database and the backups."""


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files below ``folder``, following no links."""
    if folder.is_dir() and not folder.is_symlink():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path


def _is_photograph_of(path: Path, person: Person, taken: Collection[str]) -> bool:
    """Return whether a picture, or the folder that it is in, is named by the person's number."""
    known = {person.number}
    return bool(
        owner_of(path.stem, known, taken, counted=True)
        or any(owner_of(part, known, taken, counted=False) for part in path.parts[:-1])
    )


def _names(stem: str, number: str) -> bool:
    return stem == f"{OWN_DATA}-{number}" or stem.startswith(f"{OWN_DATA}-{number}-")


def _lists(file: Path, person: Person) -> bool:
    """Return whether a table lists the person, or cannot be read."""
    try:
        table = read_table(file)
    except Exception as error:  # whatever people left there, the deletion goes on
        log.warning("%s cannot be searched: %s", file.name, type(error).__name__)
        return True
    return any(_key(cell) == _key(person.number) for _, cells in table.rows for cell in cells)


def _key(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()


def _by_hand(file: Path, request: _Request) -> Unreached:
    """Name a file without the person's name and number: the receipt outlives them."""
    name = unicodedata.normalize("NFC", str(file.relative_to(request.database.parent)))
    for secret in (request.person.number, request.person.name):
        name = name.replace(secret, "***")
    return Unreached(showable(name), "by_hand")


def _shred(file: Path, request: _Request, result: FilesErased) -> None:
    with files_explained(file, "deleted"):
        shred(file)
