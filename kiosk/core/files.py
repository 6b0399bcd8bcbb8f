"""Files that survive a crash: written whole or not at all, and removed without a trace."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20
"""Bytes that are overwritten at a time."""


def atomic_write(path: Path, data: bytes, mode: int | None = 0o600) -> None:
    """Replace the content of ``path`` by ``data``.

    After a crash or a power cut at any moment ``path`` holds either the old content or the new.
    ``mode``: permissions of the file; ``None`` for those that the umask gives to new files. If
    ``path`` is a symbolic link, the link itself is replaced. Raise ``OSError``; ``path`` is then
    unchanged.
    """
    with atomic_file(path, mode) as file:
        file.write(data)


@contextmanager
def atomic_file(path: Path, mode: int | None = 0o600) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of ``path`` when the block ends without an exception.

    The guarantees are those of ``atomic_write``.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    handle = os.open(part, flags, 0o666 if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            if mode is not None:
                os.fchmod(handle, mode)  # the umask may have removed some of it
            yield file
            file.flush()
            os.fsync(handle)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    sync_folder(path.parent)


def replace_durably(part: Path, path: Path) -> None:
    """Move the finished file ``part`` to ``path``, in the same folder or file system.

    Both content and name are on disk when this returns.
    """
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in ``folder`` to disk, so that they survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def showable(path: str | Path) -> str:
    """Return the path or name of somebody's file as it can be printed and stored, on one line."""
    name = os.fsencode(path).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def shred(path: Path) -> None:
    """Overwrite the content of ``path`` with zeros, then delete the file.

    A link is only deleted: others who write into the folder choose where it leads. Raise
    ``OSError``.
    """
    if stat.S_ISREG(path.lstat().st_mode):
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "wb") as file:
            left = os.fstat(handle).st_size
            while left > 0:
                left -= file.write(bytes(min(left, _PIECE)))
            file.flush()
            os.fsync(handle)
    path.unlink()
    sync_folder(path.parent)
