"""Write files to a USB stick: whole or not at all, whatever happens to the stick meanwhile."""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import BinaryIO

from kiosk.core.errors import StorageError
from kiosk.core.sticks import CopyProgress, HandOut, Stick, StickProblem

PIECE = 1 << 20
"""Bytes written at a time."""

SYNC_EVERY = 8 << 20
"""Bytes after which the stick must have written what it was given, so that the progress is true."""

SPARE = 64 << 10
"""Bytes that must stay free, for names and tables of the file system."""

_LONGEST_NAME = 120
_REFUSED = re.compile(r'[\x00-\x1f<>:"/\\|?*\ufffd]')
"""Characters that FAT and exFAT refuse in names."""

_SAID = {
    StickProblem.FORMAT: "The stick has a format that is not known here; format it as FAT32 or "
    "exFAT on a computer.",
    StickProblem.UNMOUNTED: "The stick is not mounted; take it out and plug it in again.",
    StickProblem.READ_ONLY: "The stick is write-protected; move its switch or take another one.",
    StickProblem.NO_ACCESS: "The stick may not be written by the kiosk; take another one.",
}


def problem_error(problem: StickProblem) -> StorageError:
    """Return the error for a stick that cannot be written to."""
    return StorageError(_SAID[problem], key=f"error.stick_{problem.value}")


def write_to_stick(
    stick: Stick,
    files: Sequence[HandOut],
    progress: CopyProgress = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[str, ...]:
    """Write ``files`` into the top folder of ``stick``; return the names that they got.

    Nothing on the stick is replaced. A file has its name only once it is whole and on the stick;
    after an error, or once ``cancelled`` returns true, none of ``files`` is there. Returns nothing
    if it was cancelled. Raises ``StorageError`` with one sentence for a stick that is full,
    write-protected, pulled out or broken.
    """
    if stick.place is None or stick.problem is not None:
        raise problem_error(stick.problem or StickProblem.UNMOUNTED)
    total = sum(_size(file) for file in files)
    with stick_explained():
        folder = os.open(stick.place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if os.fstat(folder).st_dev != stick.number:  # below it is the machine's own disk
                raise _gone()
            _check_room(folder, total)
            return _write_all(folder, files, total, progress, cancelled)
        finally:
            os.close(folder)


def _write_all(
    folder: int,
    files: Sequence[HandOut],
    total: int,
    progress: CopyProgress,
    cancelled: Callable[[], bool],
) -> tuple[str, ...]:
    parts: list[str] = []
    names: list[str] = []
    done = 0
    try:
        for file in files:
            parts.append(f".munjigi-{secrets.token_hex(4)}.part")
            for count in _copy(folder, file, parts[-1]):
                done += count
                progress(done, total)
                if cancelled():
                    _forget(folder, parts)
                    return ()
        for file, part in zip(files, parts, strict=True):
            names.append(_free_name(folder, safe_name(file.name)))
            os.rename(part, names[-1], src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except BaseException:
        _forget(folder, [*parts, *names])
        raise
    return tuple(names)


def _copy(folder: int, file: HandOut, part: str) -> Iterator[int]:
    """Write one file under the name ``part``; yield how many bytes were added."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with (
        _opened(file) as source,
        os.fdopen(os.open(part, flags, 0o600, dir_fd=folder), "wb", buffering=0) as target,
    ):
        unsynced = 0
        while piece := source.read(PIECE):
            rest = memoryview(piece)
            while rest:
                rest = rest[target.write(rest) :]
            unsynced += len(piece)
            if unsynced >= SYNC_EVERY:
                os.fdatasync(target.fileno())
                unsynced = 0
            yield len(piece)
        os.fsync(target.fileno())


@contextmanager
def _opened(file: HandOut) -> Iterator[BinaryIO]:
    """Open what is handed out; an error of it is not the stick's."""
    if file.path is None:
        yield io.BytesIO(file.content)
        return
    try:
        source = file.path.open("rb")
    except OSError as error:
        raise _no_file(file) from error
    with source:
        yield source


def _size(file: HandOut) -> int:
    try:
        return file.size
    except OSError as error:
        raise _no_file(file) from error


def _check_room(folder: int, needed: int) -> None:
    sizes = os.fstatvfs(folder)
    if sizes.f_bavail * sizes.f_frsize < needed + SPARE:
        raise _full()


def _free_name(folder: int, name: str) -> str:
    """Return ``name``, with a number added if the stick has such a file already."""
    path = PurePath(name)
    number = 1
    free = name
    while _exists(folder, free):
        number += 1
        free = f"{path.stem}-{number}{path.suffix}"
    return free


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _forget(folder: int, names: Sequence[str]) -> None:
    for name in names:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)
    with suppress(OSError):
        os.fsync(folder)


def safe_name(name: str) -> str:
    """Return ``name`` as every file system of a stick takes it."""
    kept = _REFUSED.sub("_", name).strip(". ")
    path = PurePath(kept or "file")
    return f"{path.stem[:_LONGEST_NAME]}{path.suffix[:16]}"


@contextmanager
def stick_explained() -> Iterator[None]:
    """Raise an ``OSError`` of a stick as ``StorageError``."""
    try:
        yield
    except OSError as error:
        raise _explained(error) from error


def _explained(error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full()
    if error.errno == errno.EROFS:
        return problem_error(StickProblem.READ_ONLY)
    if error.errno in (errno.EACCES, errno.EPERM):
        return problem_error(StickProblem.NO_ACCESS)
    if error.errno == errno.EFBIG:
        return StorageError(
            "The file is too large for this stick (FAT32 takes 4 GB); format it as exFAT.",
            key="error.stick_too_large",
        )
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESTALE):
        return _gone()
    return StorageError(
        f"The stick cannot be written ({error.strerror or error}); take another one.",
        key="error.stick_broken",
    )


def _no_file(file: HandOut) -> StorageError:
    return StorageError(
        f"{file.name} is not there any more; export it again.",
        key="error.stick_no_file",
        name=file.name,
    )


def _gone() -> StorageError:
    return StorageError(
        "The stick was pulled out or is broken; plug it in again and start over.",
        key="error.stick_gone",
    )


def _full() -> StorageError:
    return StorageError(
        "There is not enough room on the stick; delete something on it or take another one.",
        key="error.stick_full",
    )
