"""Keeps a door locked while the kiosk cannot run."""

from __future__ import annotations

import contextlib
import logging
import threading

from kiosk.access.lock_controller import RETRY_S
from kiosk.access.locks import Driver
from kiosk.core.errors import LockError

PATIENCE_S = 2.0
CONFIRM_S = 5.0
"""How long a command tries to lock before it reports that the lock does not confirm."""

log = logging.getLogger(__name__)


class FailsafeLocker(threading.Thread):
    """Tells ``driver`` to lock until it confirms, then releases the hardware.

    Runs in its own thread, because the driver may hang. ``confirmed``: the lock said that it is
    locked. ``problem``: why it did not the last time.
    """

    def __init__(self, driver: Driver, again_s: float = RETRY_S) -> None:
        super().__init__(name="failsafe", daemon=True)
        self._driver = driver
        self._again_s = again_s
        self._stopped = threading.Event()
        self.confirmed = False
        self.problem = "no answer"

    def run(self) -> None:
        """Retry until the lock confirms or ``stop`` is called."""
        logged = False
        while not self._locked(logged):
            logged = True
            if self._stopped.wait(self._again_s):
                self._release()
                return
        self.confirmed = True
        log.info("the door is locked")

    def stop(self) -> None:
        """Stop retrying and release the hardware; its next owner locks at its start."""
        self._stopped.set()
        if self.is_alive():
            self.join(PATIENCE_S)

    def _release(self) -> None:
        """Give pins, port or connection back, which this process may need again."""
        with contextlib.suppress(Exception):  # whatever the driver raises: it has been reported
            self._driver.stop()

    def _locked(self, logged: bool) -> bool:
        try:
            self._driver.close()
            self._driver.stop()
        # a ``LockError`` or an unexpected failure of the driver: retrying is all that can be done
        except Exception as error:
            self.problem = str(error) or type(error).__name__
            log.log(
                logging.DEBUG if logged else logging.ERROR,
                "the door could not be locked: %s",
                error,
            )
            return False
        return True


def lock_for_sure(driver: Driver, within_s: float | None = None, again_s: float = RETRY_S) -> None:
    """Tell ``driver`` to lock until it confirms, and release it.

    Raises ``LockError`` if it has not confirmed within ``within_s`` (default ``CONFIRM_S``).
    """
    locker = FailsafeLocker(driver, again_s)
    locker.start()
    locker.join(CONFIRM_S if within_s is None else within_s)
    if not locker.confirmed:
        locker.stop()
    if not locker.confirmed:
        raise not_confirmed(locker.problem)


def not_confirmed(problem: str) -> LockError:
    """Return the error for a lock that was told to lock and did not say that it is locked."""
    return LockError(
        f"The lock did not confirm that it is locked ({problem}); make sure that the door is "
        "shut, and check the lock."
    )
