"""Locks a door for as long as there is nothing that could open it."""

from __future__ import annotations

import logging
import threading

from kiosk.access.lock_controller import RETRY_S
from kiosk.access.locks import Driver

PATIENCE_S = 2.0

log = logging.getLogger(__name__)


class FailsafeLocker(threading.Thread):
    """Tells ``driver`` to lock until it confirms, then lets go of the hardware. A thread of its own: the driver may hang."""

    def __init__(self, driver: Driver, again_s: float = RETRY_S) -> None:
        super().__init__(name="locking", daemon=True)
        self._driver = driver
        self._again_s = again_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """Again and again until the lock says that it is locked, or ``stop``."""
        told = False
        while not self._locked(told):
            told = True
            if self._stopped.wait(self._again_s):
                return
        log.info("the door is locked")

    def stop(self) -> None:
        """Try no more; whoever comes next locks at its start."""
        self._stopped.set()
        if self.is_alive():
            self.join(PATIENCE_S)

    def _locked(self, told: bool) -> bool:
        try:
            self._driver.close()
            self._driver.stop()
        except Exception as error:  # LockError, or a driver that fails in a way we did not expect: nothing but to try again
            log.log(
                logging.DEBUG if told else logging.ERROR, "the door could not be locked: %s", error
            )
            return False
        return True
