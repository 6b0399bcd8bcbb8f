"""The watchdog's thread, and restarting the process where a part of it hangs."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kiosk.access.lock_controller import LockController
from kiosk.services.systemd_notify import Notifier
from kiosk.services.watchdog import Watchdog

LOOK_S = 0.5
"""How often the watchdog looks."""

LATE_S = 2.0
"""A look that comes later than this finds a process that stood still: the machine was suspended, or
had no time for it."""

LOCK_S = 5.0
"""How long a restart waits for the lock: for its command in progress, and to lock the door."""

WORK_S = 10.0
"""How often systemd hears that a long task is in progress."""

LONGEST_WORK_S = 1800.0
"""For how long at most it hears that."""

EARLIER = "MUNJIGI_NEW_STARTS"
"""Environment variable that passes the times of restarts on to the next process."""

log = logging.getLogger(__name__)


def steady_now() -> float:
    """Return seconds of a clock that cannot be set; including sleep on Linux."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def earlier_starts() -> list[float]:
    """Return the times of restarts that the previous process passed on."""
    with contextlib.suppress(ValueError, TypeError):
        return [float(at) for at in json.loads(os.environ.get(EARLIER, "[]"))]
    return []


def restart_process(lock: LockController, times: Sequence[float]) -> None:
    """Lock the door, then replace this process by a new one, passing ``times`` of restarts on.

    Where the lock hangs too, the new process locks the door.
    """
    log.critical("restarting the kiosk")
    _lock_door(lock)
    os.environ[EARLIER] = json.dumps(list(times))
    inherit_nothing()
    os.execv(sys.executable, sys.orig_argv)


def end_now(lock: LockController) -> None:
    """Lock the door and end this process at once; its supervisor may start another."""
    _lock_door(lock)
    os._exit(70)


def _lock_door(lock: LockController) -> None:
    """Lock the door, and write out the logs, within a bounded time."""
    lock.stop(LOCK_S)
    _bounded(logging.shutdown)
    _bounded(sys.stdout.flush)


def _bounded(work: Callable[[], object]) -> None:
    """Wait a second at most for ``work``, which a hanging part may block."""
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(1.0)


def inherit_nothing() -> None:
    """Mark open files to be closed by the next ``exec``.

    A camera or a pin that a library left open would be in use for the new process.
    """
    with contextlib.suppress(OSError):
        for number in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
            if number > 2:
                with contextlib.suppress(OSError):  # the listing's own is closed already
                    os.set_inheritable(number, False)


@contextlib.contextmanager
def at_work(
    notifier: Notifier, status: str, every_s: float = WORK_S, longest_s: float = LONGEST_WORK_S
) -> Iterator[None]:
    """Tell systemd that a long task is in progress, for ``longest_s`` at most."""
    done = threading.Event()
    until = steady_now() + longest_s

    def notify() -> None:
        while steady_now() < until:
            notifier.working(3 * every_s, status)
            if done.wait(every_s):
                return

    thread = threading.Thread(target=notify, name="at-work", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class WatchdogThread(threading.Thread):
    """Runs ``watchdog`` until ``stop``. ``describe`` returns one line for systemd."""

    def __init__(
        self,
        watchdog: Watchdog,
        notifier: Notifier,
        describe: Callable[[], str],
        look_s: float = LOOK_S,
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._watchdog = watchdog
        self._notifier = notifier
        self._describe = describe
        self._look_s = look_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look until stopped, and report the kiosk alive to systemd unless a part hangs.

        A hanging camera does not count: it is replaced without a restart. systemd is the last
        resort where even this thread hangs.
        """
        self._notifier.ready()
        looked_at = steady_now()
        while not self._stopped.wait(self._look_s):
            now = steady_now()
            late = now - looked_at - self._look_s
            looked_at = now
            if late > LATE_S:
                log.warning("the kiosk stood still for %.0f s", late)
                self._watchdog.excuse(late)
            hanging = self._watchdog.check()
            if not set(hanging) - {"camera"}:
                self._notifier.alive(self._describe())

    def stop(self, restarting: bool = False) -> None:
        """Stop looking. ``restarting``: do not tell systemd that the kiosk ends."""
        if not restarting:
            self._notifier.stopping()
        self._stopped.set()
        self.join()
