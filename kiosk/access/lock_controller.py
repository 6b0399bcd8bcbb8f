"""Runs a lock driver on its own thread, with a time limit for callers, and locks again in time."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.access.door_monitor import DoorEvent, DoorMonitor
from kiosk.access.help_call import HelpCall
from kiosk.access.locks import Driver, Input, LockState, check_seconds
from kiosk.core.errors import KioskError, LockError

LOOK_S = 0.03
"""Interval between reads of the inputs."""
CHECK_S = 5.0
RETRY_S = 1.0
HOLD_S = 20.0
"""A door held open is opened again at this interval, each time for 1.5 times as long."""

LONGEST_CALL_S = 60.0
"""Longer than any call of a driver with the longest settings (``http``: five attempts of 10 s); a
longer call hangs.
"""

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Job:
    """One call by a waiting thread. ``given_up``: the caller no longer waits."""

    work: Callable[[], None]
    done: threading.Event = field(default_factory=threading.Event)
    error: LockError | None = None
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class LockControllerSettings:
    """Time limits and reactions of a lock controller.

    ``timeout_s``: the longest that ``open`` may take. ``exit_s``: how long the exit button opens
    the door. ``relock``: lock once the door was opened and shut. ``fire_opens``: hold the door open
    while the fire input is active.
    """

    timeout_s: float = 2.0
    exit_s: float = 4.0
    relock: bool = True
    fire_opens: bool = True


class LockController:
    """A ``Lock`` around a driver. ``open`` returns or raises ``LockError`` within ``timeout_s``;
    ``close`` never waits.

    An opening that the driver confirms too late is undone. After a failure the driver is told to
    lock until it confirms. While the driver hangs, openings are refused at once. ``on_event`` gets
    each ``DoorEvent`` with a text, on a thread of the controller's, and must not block. ``beat`` is
    called there before each call to the driver.
    """

    def __init__(
        self,
        driver: Driver,
        rules: LockControllerSettings,
        monitor: DoorMonitor,
        on_event: Callable[[DoorEvent, str], None],
        clock: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._driver = driver
        self._rules = rules
        self._monitor = monitor
        self._on_event = on_event
        self._clock = clock
        self._beat = beat
        self._help = HelpCall(driver, lambda why: self._tell(DoorEvent.HELP_UNANSWERED, why))
        self._mutex = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._running: _Job | None = None
        self._open_until = float("-inf")
        self._sure = False  # the driver confirmed the state that we assume
        self._tried_at = self._held_at = self._checked_at = float("-inf")
        self._reachable = True
        self._held_for = ""
        self._holding = False
        self._thread = threading.Thread(target=self._run, name="lock", daemon=True)

    def start(self) -> None:
        """Lock, then monitor the lock until ``stop``."""
        self._thread.start()

    def stop(self, patience_s: float | None = None) -> None:
        """Lock, even if the door is held open, and release the hardware.

        Waits at most ``patience_s`` (default ``timeout_s``).
        """
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join(self._rules.timeout_s if patience_s is None else patience_s)

    def open(self, seconds: float, reason: str) -> None:
        """Open for ``seconds``.

        ``LockError`` unless the driver confirms in time, and then it is locked.
        """
        check_seconds(seconds)
        with self._mutex:
            if self._running is not None and self._running.given_up:
                raise LockError("The lock is still busy with an earlier command; check it.")
        if not self._thread.is_alive():
            raise LockError("The lock is switched off; start the kiosk again.")
        self._wait_for(_Job(lambda: self._open(seconds, reason)))

    def close(self) -> None:
        """Lock now, unless the door is held open. Retries happen here; the caller need not wait."""
        if not self.held_for:
            self._jobs.put(_Job(self._lock))

    def call_for_help(self) -> None:
        """Tell the driver's controller that somebody is coerced, where it can be. Never waits."""
        self._help.make()

    def state(self) -> LockState:
        """Return whether the door is open, as far as the driver confirmed it."""
        return LockState.OPEN if self._clock() < self._open_until else LockState.LOCKED

    def hold(self, reason: str) -> None:
        """Hold the door open for ``reason``; an empty text ends that."""
        self._held_for = reason

    @property
    def held_for(self) -> str:
        """The reason why the door is held open; empty if it is not."""
        return self._held_for or (
            "fire" if self._rules.fire_opens and self._monitor.active(Input.FIRE) else ""
        )

    @property
    def reachable(self) -> bool:
        """Whether the lock answered its last call."""
        return self._reachable

    @property
    def surely_locked(self) -> bool:
        """Whether the driver confirmed that it is locked; otherwise the relay may be on."""
        return self._sure and self._open_until == float("-inf")

    @property
    def alert(self) -> str:
        """The current problem of the door or its lock, as the end of a message key.

        Empty while all is well.
        """
        return "lock_lost" if not self._reachable else self._monitor.alert

    @property
    def contact_open(self) -> bool | None:
        """Whether the door stands open; ``None`` without a contact."""
        known = self._monitor.known(Input.CONTACT)
        return self._monitor.active(Input.CONTACT) if known else None

    @property
    def other_door_open(self) -> bool:
        """Whether the other door of an interlock is open."""
        return self._monitor.active(Input.OTHER_DOOR)

    def _wait_for(self, job: _Job) -> None:
        self._jobs.put(job)
        job.done.wait(self._rules.timeout_s)
        with self._mutex:
            if not job.done.is_set():
                job.given_up = True
                raise LockError(
                    f"The lock did not answer within {self._rules.timeout_s:g} s; check it. The "
                    "door counts as locked."
                )
        if job.error is not None:
            raise job.error

    # below: on the controller's thread

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=LOOK_S)
            except queue.Empty:
                self._settle(self._watch)
                continue
            if job is None:
                break
            self._carry_out(job)
        if not self._sure:  # stopping a driver that lost track of its relay does not lock it
            self._settle(self._lock)
        self._settle(self._driver.stop)
        self._open_until = float("-inf")

    def _carry_out(self, job: _Job) -> None:
        if not self._begins(job):
            return
        error = self._guarded(job.work)
        if error is not None:
            self._failed(error)
        if self._ended_late(job, error) and error is None:
            self._tell(DoorEvent.LATE)
            self._settle(self._lock)

    def _begins(self, job: _Job) -> bool:
        """Make ``job`` the running one; return whether its caller still waits."""
        with self._mutex:
            self._running = None if job.given_up else job
            return self._running is not None

    def _ended_late(self, job: _Job, error: LockError | None) -> bool:
        """Wake the caller; return whether it had stopped waiting."""
        with self._mutex:
            self._running = None
            job.error = error
            job.done.set()
            return job.given_up

    def _settle(self, work: Callable[[], None]) -> None:
        """Run ``work`` and handle its failure."""
        error = self._guarded(work)
        if error is not None:
            self._failed(error)

    def _guarded(self, work: Callable[[], None]) -> LockError | None:
        """Run ``work``; return its failure as a ``LockError``."""
        self._beat()
        try:
            work()
        except LockError as error:
            return error
        except Exception as error:
            log.exception("the lock driver failed in a way we did not expect")
            return LockError(
                "The lock driver failed "
                f"({error if isinstance(error, KioskError) else type(error).__name__}); see the "
                "log."
            )
        return None

    def _failed(self, error: LockError) -> None:
        self._sure = False
        self._open_until = float("-inf")
        self._tell_reachable(error)

    def _open(self, seconds: float, reason: str) -> None:
        self._open_until = float("-inf")
        self._sure = False
        began = self._clock()
        self._driver.open(seconds, reason)
        self._sure = True
        self._open_until = began + seconds
        self._tell_reachable(None)
        log.info("the door is open for %g s: %s", seconds, reason)

    def _lock(self) -> None:
        self._sure = False
        self._tried_at = self._clock()
        was_open = self._open_until > float("-inf")
        self._open_until = float("-inf")
        self._driver.close()
        self._sure = True
        self._tell_reachable(None)
        if was_open:
            log.info("the door is locked")

    def _watch(self) -> None:
        """Do what is due at each read of the inputs."""
        now = self._clock()
        self._look(now)
        if self.held_for:
            if self._open_until - now < HOLD_S / 2 and now - self._held_at >= RETRY_S:
                self._held_at = now
                self._holding = True
                self._open(1.5 * HOLD_S, self.held_for)
        elif (
            self._holding or self._over(now) or (not self._sure and now - self._tried_at >= RETRY_S)
        ):
            self._holding = False
            self._lock()
        elif now - self._checked_at >= CHECK_S:
            self._checked_at = now
            self._driver.check()
            self._tell_reachable(None)

    def _over(self, now: float) -> bool:
        """Return whether an opening has ended and the driver was not told yet."""
        return float("-inf") < self._open_until <= now

    def _look(self, now: float) -> None:
        if not self._reachable:
            return
        events = self._monitor.look(self._driver.inputs(), now < self._open_until, now)
        for event in events:
            self._tell(event)
        if DoorEvent.EXIT in events:
            self._open(self._rules.exit_s, "exit_button")
        elif (
            DoorEvent.CLOSED in events
            and self._rules.relock
            and not self.held_for
            and self._open_until > now
        ):
            self._lock()

    def _tell_reachable(self, error: LockError | None) -> None:
        if error is not None:
            log.log(logging.ERROR if self._reachable else logging.DEBUG, "the lock: %s", error)
        if self._reachable is not (error is None):
            self._reachable = error is None
            self._tell(
                DoorEvent.LOCK_BACK if error is None else DoorEvent.LOCK_LOST, str(error or "")
            )

    def _tell(self, event: DoorEvent, words: str = "") -> None:
        try:
            self._on_event(event, words)
        except Exception:
            log.exception("the event %s of the door could not be handed on", event.value)
