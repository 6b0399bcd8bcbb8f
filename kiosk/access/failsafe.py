"""Keeps a door locked while the kiosk cannot run."""

from __future__ import annotations

import logging
import threading

from kiosk.access.lock_controller import RETRY_S
from kiosk.access.locks import Driver

PATIENCE_S = 2.0

log = logging.getLogger(__name__)


class FailsafeLocker(threading.Thread):
    """Tells ``driver`` to lock until it confirms, then releases the hardware.

    Runs in its own thread, because the driver may hang.
    """

    def __init__(self, driver: Driver, again_s: float = RETRY_S) -> None:
        super().__init__(name="failsafe", daemon=True)
        self._driver = driver
        self._again_s = again_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """Retry until the lock confirms or ``stop`` is called."""
        logged = False
        while not self._locked(logged):
            logged = True
            if self._stopped.wait(self._again_s):
                return
        log.info("the door is locked")

    def stop(self) -> None:
        """Stop retrying; the next owner of the driver locks at its start."""
        self._stopped.set()
        if self.is_alive():
            self.join(PATIENCE_S)

    def _locked(self, logged: bool) -> bool:
        try:
            self._driver.close()
            self._driver.stop()
        # a ``LockError`` or an unexpected failure of the driver: retrying is all that can be done
        except Exception as error:
            log.log(
                logging.DEBUG if logged else logging.ERROR,
                "the door could not be locked: %s",
                error,
            )
            return False
        return True
