"""The watchdog's own thread: it looks twice a second, tells systemd, and starts the whole process anew where a part of it hangs."""

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
LOCK_S = 5.0
"""So long a new start waits for the lock: for the command that it is at, and for the locking."""
WORK_S = 10.0
LONGEST_WORK_S = 1800.0
"""How often systemd hears that something long goes on, and for how long at most."""
EARLIER = "MUNJIGI_NEW_STARTS"
"""Environment variable that carries the moments of new starts over to the next process."""

log = logging.getLogger(__name__)


def steady_now() -> float:
    """Seconds that nobody can set; they go on while the machine sleeps, where the system tells."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def earlier_starts() -> list[float]:
    """Moments of new starts that the process before handed over."""
    with contextlib.suppress(ValueError, TypeError):
        return [float(at) for at in json.loads(os.environ.get(EARLIER, "[]"))]
    return []


def start_anew(lock: LockController, times: Sequence[float]) -> None:
    """Lock the door, then replace this process by a fresh one; what is stored is stored. Where the lock hangs too, the fresh one locks."""
    log.critical("the kiosk starts anew")
    _lock_up(lock)
    os.environ[EARLIER] = json.dumps(list(times))
    inherit_nothing()
    os.execv(sys.executable, sys.orig_argv)


def end_now(lock: LockController) -> None:
    """Lock the door and end this process at once; whoever watches it from outside may start another."""
    _lock_up(lock)
    os._exit(70)


def _lock_up(lock: LockController) -> None:
    """Within a bounded time, whatever hangs."""
    lock.stop(LOCK_S)
    _bounded(logging.shutdown)
    _bounded(sys.stdout.flush)


def _bounded(work: Callable[[], object]) -> None:
    """``work``, which a part that hangs may hold up, for a second at most."""
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(1.0)


def inherit_nothing() -> None:
    """What is open is closed by the new start: a camera or a pin that some library left open would be in use for the fresh process."""
    with contextlib.suppress(OSError):
        for number in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
            if number > 2:
                with contextlib.suppress(OSError):  # the listing's own is gone already
                    os.set_inheritable(number, False)


@contextlib.contextmanager
def at_work(
    notifier: Notifier, status: str, every_s: float = WORK_S, longest_s: float = LONGEST_WORK_S
) -> Iterator[None]:
    """While a database is opened, verified or brought back systemd hears that it goes on, for ``longest_s`` at most."""
    done = threading.Event()
    until = steady_now() + longest_s

    def tell() -> None:
        while steady_now() < until:
            notifier.working(3 * every_s, status)
            if done.wait(every_s):
                return

    teller = threading.Thread(target=tell, name="at-work", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


class WatchdogThread(threading.Thread):
    """Looks until ``stop``. ``describe``: one line for systemd."""

    def __init__(
        self, dog: Watchdog, notifier: Notifier, describe: Callable[[], str], look_s: float = LOOK_S
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._dog = dog
        self._notifier = notifier
        self._describe = describe
        self._look_s = look_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """A part that stands still is not reported as alive: systemd is the last resort where even this thread is held up."""
        self._notifier.ready()
        while not self._stopped.wait(self._look_s):
            still = self._dog.look()
            for name in still:
                log.error("%s stands still", name)
            if not set(still) - {"camera"}:
                self._notifier.alive(self._describe())

    def stop(self, anew: bool = False) -> None:
        """Look no more. ``anew``: the kiosk starts again at once, which systemd is not to take for its end."""
        if not anew:
            self._notifier.stopping()
        self._stopped.set()
        self.join()
