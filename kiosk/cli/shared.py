"""Settings, data folder, dates and progress for several commands."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pwd
import stat
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.config_factory import read_config
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, StorageError
from kiosk.core.parsed_json import parse_json
from kiosk.core.rights import Operator
from kiosk.storage.store import Store

MAX_JSON = 4_000_000
"""Maximum size in bytes of a JSON file that is read; a receipt has about 1,000."""

LOGIN_UID = Path("/proc/self/loginuid")
"""Where the system keeps who had logged in; only the system can set it."""

_NO_LOGIN = 2**32 - 1
"""Its content for a process that nobody started by logging in."""


def data_dir(args: argparse.Namespace) -> Path:
    """Return the data folder; raises ``ConfigError`` if that is a file."""
    chosen: Path | None = args.data_dir
    folder = paths.expanded(chosen) if chosen else paths.default_data_dir()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder with --data-dir.")
    return folder


def config_of(args: argparse.Namespace) -> Config:
    """Return the settings of --config, else of the data folder, else the defaults."""
    if args.config is not None:
        return read_config(args.config, required=True)
    return read_config(paths.config_file(data_dir(args)))


def changed(config: Config, section: str, **values: Any) -> Config:
    """Return ``config`` with values of one table replaced; ``None`` keeps a value."""
    given = {key: value for key, value in values.items() if value is not None}
    table = dataclasses.replace(getattr(config, section), **given)
    return dataclasses.replace(config, **{section: table})


def operator() -> Operator:
    """Return the user who runs this command, named as in the audit log.

    Never by the environment, which everybody sets as they like. In brackets: who had logged in, if
    that is somebody else, for example a user who became root.
    """
    user = _user_name(os.getuid())
    login = _login_uid()
    before = user if login is None else _user_name(login)
    return Operator(f"command:{user}" if before == user else f"command:{user} ({before})")


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a user without a name
        return str(uid)


def _login_uid() -> int | None:
    """Return the user id of the login, which the system keeps; that of sudo only for root."""
    with suppress(OSError, ValueError):
        uid = int(LOGIN_UID.read_text(encoding="ascii"))
        if uid != _NO_LOGIN:
            return uid
    if os.getuid() == 0:
        with suppress(KeyError, ValueError):
            return int(os.environ["SUDO_UID"])
    return None


def print_unreached(storage: Store) -> None:
    """Print on stderr which backups a change of their keys could not reach."""
    for place in (*storage.backups.missing(), *storage.backups.damaged()):
        print(f"not reached: {place.sentence()}", file=sys.stderr)


def output_file(path: Path) -> Path:
    """Return ``path`` if its folder is there; else raise ``StorageError``. No folder is made."""
    if not path.expanduser().parent.is_dir():
        raise StorageError(
            f"There is no folder {path.parent}; create it first, or write to another place."
        )
    return path


def write_json(path: Path, document: object) -> None:
    """Write ``document``, readable by this user only (0600); raises ``StorageError``."""
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write ``text``, readable by this user only (0600); raises ``StorageError``."""
    output_file(path)
    try:
        handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                os.fchmod(handle, 0o600)  # the file may have been there before
                file.truncate(0)
            file.write(text)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror or error}); name another file."
        ) from None


def read_json(path: Path) -> Any:
    """Return the contents of a JSON file; raises ``StorageError``."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON + 1)
        if len(data) > MAX_JSON:
            raise ValueError("it is too large")
        return parse_json(data)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read ({error.strerror or error}); check the path."
        ) from None
    except ValueError:
        raise StorageError(f"{path} is not JSON; name another file.") from None


def day(text: str) -> date:
    """Return the date written as YYYY-MM-DD; raises ``ConfigError``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a date; write it as 2026-03-01.") from None


def counted(number: int, one: str, many: str) -> str:
    """Return ``1 row``, ``2 rows``."""
    return f"{number} {one if number == 1 else many}"


class Progress:
    """One line on stderr, redrawn a few times a second; silent unless that is a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._drawn = 0.0

    def __call__(self, done: int, total: int = 0) -> None:
        """Show that ``done`` of ``total`` (0: unknown) are finished."""
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self._drawn < 0.1 and done != total):
            return
        self._drawn = now
        rate = done / max(now - self._began, 1e-6)
        of = f" of {total}" if total else ""
        left = f", {(total - done) / rate:.0f} s left" if total and rate else ""
        print(
            f"\r{self._what}: {done}{of} ({rate:.0f}/s{left})   ",
            end="\n" if total and done == total else "",
            file=sys.stderr,
            flush=True,
        )
