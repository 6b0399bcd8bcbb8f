"""Find photographs by student number: ``2026-1.jpg``, ``2026-1-2.jpg``, or a folder ``2026-1``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.errors import EnrolError
from kiosk.core.photo_names import owner_of, photo_name


@dataclass(frozen=True, slots=True)
class FoundPhotographs:
    """Photographs by student number, and the names of files that match no number."""

    photographs: dict[str, tuple[Path, ...]]
    unused: tuple[str, ...] = ()


def find_photographs(
    folder: Path,
    numbers: Collection[str],
    enrolled: Callable[[Sequence[str]], Collection[str]],
    is_picture: Callable[[Path], bool],
) -> FoundPhotographs:
    """Return the files in ``folder`` that are pictures, or taken for some, and whose they are.

    A person's folder may have folders in it, one for each day. A file that is no picture counts
    where its owner has no other, so that the person's row says why it cannot be read.
    ``enrolled``: returns which of the given numbers are enrolled, so that ``2026-1-2.jpg`` belongs
    to the person 2026-1-2 if there is one, and not to 2026-1. Raises ``EnrolError`` if the folder
    cannot be read.
    """
    photographs: dict[str, list[Path]] = {}
    others: dict[str, list[Path]] = {}
    unused: list[str] = []
    known = frozenset(numbers)
    entries = _entries(folder)
    taken = frozenset(enrolled([photo_name(entry.stem) for entry in entries]))
    for entry in entries:
        if entry.is_dir():
            owner = owner_of(entry.name, known, taken, counted=False)
            files = _files_below(entry)
        else:
            owner = owner_of(entry.stem, known, taken, counted=True)
            files = [entry]
        for file in files:
            if is_picture(file) and owner:
                photographs.setdefault(owner, []).append(file)
            elif owner:
                others.setdefault(owner, []).append(file)
            elif is_picture(file):
                unused.append(str(file.relative_to(folder)))
    return FoundPhotographs(
        {number: tuple(files) for number, files in (others | photographs).items()}, tuple(unused)
    )


def _files_below(folder: Path) -> list[Path]:
    """Return the files in ``folder`` and in the folders in it."""
    entries = _entries(folder)
    inner = [file for entry in entries if entry.is_dir() for file in _entries(entry)]
    return [entry for entry in entries + inner if not entry.is_dir()]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise EnrolError(
            f"The folder of photographs {folder} cannot be read ({error.strerror or error}); "
            "check the path.",
            key="import.file.photographs",
            folder=str(folder),
        ) from None
