"""Checksums of files, and the notes beside files whose checksum nobody published: the first one seen holds."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from kiosk.core.errors import WeightsError


def sha256_of(path: Path) -> str:
    """Checksum of a file, read in pieces; raises ``WeightsError`` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error}); check its permissions.") from None


def note_of(path: Path) -> Path:
    """Where the checksum of ``path`` is kept."""
    return path.with_name(path.name + ".sha256")


def noted(path: Path) -> str:
    """The checksum kept beside ``path``, empty where there is none; raises ``WeightsError`` for a damaged note."""
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


def remember(path: Path, checksum: str) -> None:
    """Keep ``checksum`` beside ``path``, never half; raises ``OSError``."""
    part = path.with_name(path.name + ".sha256.part")
    part.write_text(f"{checksum}  {path.name}\n", encoding="ascii")
    part.replace(note_of(path))
