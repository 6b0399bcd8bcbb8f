"""Locks what the kiosk opened last, before anything else of a start can fail."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path

from kiosk.access.drivers import make_driver
from kiosk.access.failsafe import CONFIRM_S, FailsafeLocker, lock_for_sure, not_confirmed
from kiosk.access.last_lock import LastLock
from kiosk.access.lock_settings_text import lock_settings_text
from kiosk.app.single_instance import only_one
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError, LockError, StorageError

log = logging.getLogger(__name__)


class LockAtStart:
    """Tells the lock of ``data_dir`` to lock, on a thread of its own, from ``begin`` on.

    An earlier process may have been killed while the relay was on. Neither the settings file, the
    networks, the database nor the screen are needed for it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._last = LastLock(paths.last_lock_file(data_dir))
        self._locker: FailsafeLocker | None = None
        self._lock = ""
        self._alone = ExitStack()

    def begin(self) -> None:
        """Begin to lock, unless a running kiosk has the lock, or none was opened yet."""
        try:
            config = self._last.config()
            if config is None or self._is_running():
                return
            self._locker = FailsafeLocker(make_driver(config))
            self._lock = lock_settings_text(config)
        except Exception as error:  # the start goes on, and says more of it
            log.error("the lock that was opened last cannot be locked: %s", _explained(error))
            return
        self._locker.start()

    def finish(self, successor: Config | None = None) -> None:
        """Wait until the lock confirms, but not longer than ``CONFIRM_S``; then release it.

        ``successor``: names the lock that is driven from now on. If that is another one, nobody
        else would lock the former: it is told to on the same thread until it confirms.
        """
        locker = self._locker
        if locker is not None:
            locker.join(CONFIRM_S)
            former = successor is not None and lock_settings_text(successor) != self._lock
            if locker.confirmed or not former:
                locker.stop()
                self._locker = None
            if not locker.confirmed:
                log.error("%s", not_confirmed(locker.problem))
        self._alone.close()

    def _is_running(self) -> bool:
        """Return whether a kiosk runs on the data folder; until the end no other one starts."""
        try:
            self._alone.enter_context(only_one(self._data_dir))
        except StorageError as error:  # any other: a folder that cannot be written
            return error.key == "error.running"
        return False


def lock_all(config: Config | None, data_dir: Path) -> list[str]:
    """Lock the lock of ``config`` and the one that was opened last; return their drivers' names.

    ``config``: ``None`` where the settings cannot be read. Raises ``KioskError`` if one of them
    does not confirm, once both were tried.
    """
    locks: dict[str, Config] = {} if config is None else {lock_settings_text(config): config}
    problems: list[KioskError] = []
    try:
        last = LastLock(paths.last_lock_file(data_dir)).config()
        if last is not None:
            locks.setdefault(lock_settings_text(last), last)
    except KioskError as error:
        problems.append(error)
    for lock in locks.values():
        try:
            lock_for_sure(make_driver(lock))
        except Exception as error:  # also a driver's bug: the other lock is told to lock
            problems.append(_explained(error))
    if problems:
        raise problems[0]
    return [lock.door.lock for lock in locks.values()]


def _explained(error: Exception) -> KioskError:
    if isinstance(error, KioskError):
        return error
    log.error("the lock's driver failed in a way we did not expect", exc_info=error)
    return LockError(
        f"The lock cannot be told to lock ({type(error).__name__}: {error}); see the log, and make "
        "sure that the door is shut."
    )
