"""SHA-256 checksums of files, and note files for those without a published checksum.

For the latter the checksum of the first download is trusted from then on.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from kiosk.core.errors import WeightsError
from kiosk.core.files import atomic_write


def sha256_of(path: Path) -> str:
    """Return the checksum of a file; raises ``WeightsError`` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error}); check its permissions.") from None


def note_of(path: Path) -> Path:
    """Return the path of the note with the checksum of ``path``."""
    return path.with_name(path.name + ".sha256")


def noted_checksum(path: Path) -> str:
    """Return the checksum noted for ``path``, or "" where there is no note.

    Raises ``WeightsError`` for a damaged note.
    """
    note = note_of(path)
    try:
        words = note.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        words = []
    if not words or not re.fullmatch("[0-9a-f]{64}", words[0]):
        raise WeightsError(
            f"{note} holds no checksum; delete it together with {path.name} and fetch that again."
        )
    return words[0]


def write_note(path: Path, checksum: str) -> None:
    """Write the note for ``path`` atomically; raises ``OSError``."""
    atomic_write(note_of(path), f"{checksum}  {path.name}\n".encode("ascii"), mode=0o644)
