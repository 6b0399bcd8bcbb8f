"""The settings of the lock that was opened last, kept beside the data.

A process that is killed while a relay is on leaves it on. What locks it afterwards must not depend
on the settings file, which may be unreadable by then, gone, or name another lock.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from kiosk.access.lock_settings_text import lock_settings_from, lock_settings_text
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError
from kiosk.core.files import atomic_write

LARGEST = 65_536

log = logging.getLogger(__name__)


class LastLock:
    """What the private file ``file`` says; only this user's own file counts."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def remember(self, config: Config) -> None:
        """Keep the lock's settings, before it can be opened. A failure is logged: the door's log
        needs the same disk, and nobody gets in where that cannot be written.
        """
        text = lock_settings_text(config)
        try:
            if self._text() == text:
                return
        except ConfigError as error:
            log.warning("%s", error)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic_write(self._file, text.encode())
        except OSError as error:
            log.error("the lock's settings cannot be kept in %s: %s", self._file, error)

    def config(self) -> Config | None:
        """Return the defaults with the lock's settings; ``None`` where no lock was opened yet.

        Raises ``ConfigError`` for a file that cannot be used.
        """
        text = self._text()
        return None if text is None else lock_settings_from(text, str(self._file))

    def _text(self) -> str | None:
        try:
            handle = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None
        with os.fdopen(handle, "rb") as file:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
                raise self._unusable("it is not a file of this user")
            if facts.st_mode & 0o022:
                raise self._unusable("others may write it")
            return file.read(LARGEST).decode(errors="replace")

    def _unusable(self, why: str) -> ConfigError:
        return ConfigError(f"{self._file} cannot be used ({why}); delete it.")
