"""Sends what waits for one channel, in order, and tries again later where that fails."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

from kiosk.core.errors import KioskError
from kiosk.core.site_events import SiteEvent, WaitingMessage
from kiosk.notify.message import Channel, DeliveryError, Message

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 900.0
LONGEST_WAIT_S = 7200.0
"""A message that should wait for longer was queued before the clock was set back."""

LOOK_S = 60.0
"""How often to look where nothing is known to wait: another process may have queued something."""

MOST_REFUSALS = 3
"""A message that the receiver refused so often is given up, so that the others get through."""

log = logging.getLogger(__name__)


class QueuePort(Protocol):
    """The queue on disk (``kiosk.storage.outbox.Outbox``)."""

    def add(self, channel: str, event: SiteEvent, now: float, repeat_s: float) -> None: ...
    def next(
        self, channel: str, now: float, longest_wait_s: float
    ) -> WaitingMessage | float | None: ...
    def sent(self, message: WaitingMessage, now: float) -> None: ...
    def failures(self, channel: str) -> int: ...
    def failed(
        self,
        message: WaitingMessage,
        error: KioskError,
        now: float,
        retry_at: float,
        *,
        refused: bool,
    ) -> None: ...
    def drop(self, message: WaitingMessage) -> None: ...
    def prune(self, channel: str, now: float, keep_s: float) -> None: ...


def pause_after(failures: int, asked_s: float, chance: float) -> float:
    """Return how many seconds to wait after so many failures in a row.

    Doubles from ``FIRST_PAUSE_S``, between half and all of it (``chance``: 0 to 1), so that many
    kiosks do not come back at once; at least ``asked_s``, which the receiver asked for.
    """
    longest = min(FIRST_PAUSE_S * 2.0 ** min(failures, 20), LONGEST_PAUSE_S)
    return max(asked_s, longest * (0.5 + 0.5 * chance))


class ChannelSender:
    """Sends what waits for ``name``; ``wall``: Unix seconds, ``keep_s``: how old it may get."""

    def __init__(
        self,
        name: str,
        channel: Channel,
        queue: QueuePort,
        site: str,
        keep_s: float,
        wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._channel = channel
        self._queue = queue
        self._site = site
        self._keep_s = keep_s
        self._wall = wall
        self._chance = chance
        self._delivered: tuple[int, str] | None = None

    def step(self) -> float:
        """Send one message, if it is time; return how many seconds to wait before the next step.

        Raises ``StorageError`` if the queue cannot be used.
        """
        now = self._wall()
        self._queue.prune(self.name, now, self._keep_s)
        found = self._queue.next(self.name, now, LONGEST_WAIT_S)
        if found is None:
            return LOOK_S
        if isinstance(found, float | int):
            return min(float(found), LOOK_S)
        return self._send(found)

    def send_now(self, event: SiteEvent) -> None:
        """Send an event past the queue, for a test; raises ``KioskError``."""
        self._channel.send(Message(event, self._site))

    def close(self) -> None:
        """End connections."""
        self._channel.close()

    def _send(self, waiting: WaitingMessage) -> float:
        """Send one message; one that was delivered but is still queued is only removed."""
        this = (waiting.seq, waiting.event.id)
        if this != self._delivered:
            try:
                self._channel.send(Message(waiting.event, self._site, waiting.more, waiting.seq))
            except Exception as error:
                self._failed(waiting, error)
                return 0.0
            self._delivered = this  # a full disk must not make it go out each minute
        self._queue.sent(waiting, self._wall())
        return 0.0

    def _failed(self, waiting: WaitingMessage, error: Exception) -> None:
        expected = isinstance(error, KioskError)
        told = error if isinstance(error, KioskError) else DeliveryError(_described(error))
        log.warning("a message to %s was not sent: %s", self.name, told, exc_info=not expected)
        refused = isinstance(error, DeliveryError) and error.refused
        asked_s = error.retry_after if isinstance(error, DeliveryError) else 0.0
        now = self._wall()
        pause = pause_after(self._queue.failures(self.name), asked_s, self._chance())
        self._queue.failed(waiting, told, now, now + pause, refused=refused)
        if refused and waiting.refused + 1 >= MOST_REFUSALS:
            self._queue.drop(waiting)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


class SenderThread(threading.Thread):
    """Steps a sender until ``stop``; only while ``my_turn`` returns true."""

    def __init__(self, sender: ChannelSender, my_turn: Callable[[], bool]) -> None:
        super().__init__(name=f"notify-{sender.name}", daemon=True)
        self._sender = sender
        self._my_turn = my_turn
        self._wake = threading.Event()
        self._stopped = False

    def wake(self) -> None:
        """Look at once whether something waits."""
        self._wake.set()

    def stop(self, wait_s: float) -> bool:
        """Stop; return whether the thread ended in time. What was not sent stays in the queue."""
        self._stopped = True
        self._wake.set()
        self.join(wait_s)
        return not self.is_alive()

    def run(self) -> None:
        """Send until stopped; a queue that cannot be used is tried again."""
        try:
            while not self._stopped:
                wait_s = self._step()
                if wait_s > 0:
                    self._wake.wait(wait_s)
                self._wake.clear()
        finally:
            self._sender.close()

    def _step(self) -> float:
        if not self._my_turn():
            return 1.0
        try:
            return self._sender.step()
        except KioskError as error:
            log.error("%s", error)
        except Exception:
            log.exception("sending to %s failed", self._sender.name)
        return LOOK_S
