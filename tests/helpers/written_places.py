"""Refuse, in every test, that the kiosk writes a file that is in no list of places.

A person who is deleted must disappear from every file. ``kiosk.storage.people.data_places`` lists
them; whatever else the program's own code creates in a data folder raises ``UnlistedFile``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kiosk.core import paths
from kiosk.storage.people.data_places import place_of

_PACKAGE = f"{Path(paths.__file__).parents[1]}{os.sep}"
_TESTS = f"{Path(__file__).parents[1]}{os.sep}"
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class UnlistedFile(AssertionError):
    """A file was written that no list names."""


def watch() -> None:
    """Look at every file that is written from now on, until the process ends."""
    sys.addaudithook(_seen)


def check(file: Path) -> None:
    """Raise ``UnlistedFile`` if ``file`` is in a data folder, but in no place."""
    data_dir = next((one for one in file.parents if paths.database_file(one).is_file()), None)
    if data_dir is None or place_of(file.relative_to(data_dir)) or _named_by_a_command(file):
        return
    raise UnlistedFile(f"{file} is in no place of kiosk/storage/people/data_places.py")


def _seen(event: str, values: tuple[object, ...]) -> None:
    if event == "open":
        name, _, flags = values
        if isinstance(name, str | os.PathLike) and int(str(flags or 0)) & _WRITES and _is_ours():
            check(Path(name).absolute())
    elif event in ("os.rename", "os.link", "os.symlink") and _is_ours():
        check(Path(str(values[1])).absolute())


def _named_by_a_command(file: Path) -> bool:
    """Return whether a command runs whose words name the file, or what it is written beside."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == f"{_PACKAGE}cli{os.sep}__init__.py":
            words = frame.f_locals.get("words", ())
            return any(Path(word).name and Path(word).name in file.name for word in words)
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _is_ours() -> bool:
    """Return whether the kiosk's own code writes, and not a test."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith(_TESTS) and frame.f_code.co_filename != __file__:
            return False
        if frame.f_code.co_filename.startswith(_PACKAGE):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
