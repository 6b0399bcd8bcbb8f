"""What several commands share: settings, data folder, dates, progress."""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import json
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.core import paths
from kiosk.core.config import Config, load_config
from kiosk.core.errors import ConfigError, StorageError
from kiosk.core.rights import Operator


def data_dir(args: argparse.Namespace) -> Path:
    """The data folder of this command; raises ``ConfigError`` where that is a file."""
    chosen: Path | None = args.data_dir
    folder = paths.expanded(chosen) if chosen else paths.default_data_dir()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder with --data-dir.")
    return folder


def config_of(args: argparse.Namespace) -> Config:
    """Settings from --config, else from the data folder's config.toml, else the defaults."""
    if args.config is not None:
        return load_config(args.config)
    usual = paths.config_file(data_dir(args))
    return load_config(usual if usual.exists() else None)


def changed(config: Config, section: str, **values: Any) -> Config:
    """``config`` with some values of one table replaced by the command line's; ``None`` keeps them."""
    given = {key: value for key, value in values.items() if value is not None}
    table = dataclasses.replace(getattr(config, section), **given)
    return dataclasses.replace(config, **{section: table})


def operator() -> Operator:
    """Return the user who runs this command, named as in the audit log."""
    try:
        return Operator(f"command:{getpass.getuser()}")
    except (OSError, KeyError):  # a user without a name
        return Operator(f"command:{os.getuid()}")


def write_json(path: Path, document: object) -> None:
    """Write ``document`` for this user only (0600); ``StorageError`` where that is impossible."""
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write ``text`` for this user only (0600); ``StorageError`` where that is impossible."""
    try:
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror or error}); name another file."
        ) from None


def read_json(path: Path) -> Any:
    """What ``path`` says; ``StorageError`` where it is no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read ({error.strerror or error}); check the path."
        ) from None
    except ValueError:
        raise StorageError(f"{path} is not JSON; name another file.") from None


def day(text: str) -> date:
    """A date written YYYY-MM-DD; raises ``ConfigError`` otherwise."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a date; write it as 2026-03-01.") from None


def counted(number: int, one: str, many: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number} {one if number == 1 else many}"


class Progress:
    """One line on stderr, redrawn a few times a second; silent where stderr is no terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._drawn = 0.0

    def __call__(self, done: int, total: int = 0) -> None:
        """``done`` of ``total`` (0: unknown) are finished."""
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
