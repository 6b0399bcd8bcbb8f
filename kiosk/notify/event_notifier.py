"""Takes events in, queues them for every channel, and runs the channels' threads."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from kiosk.core.errors import KioskError
from kiosk.core.process_turn import ProcessTurn
from kiosk.core.site_events import SiteEvent
from kiosk.notify.sender import ChannelSender, QueuePort, SenderThread

GATHER_S = 1.0
"""How often the sources are asked."""

MAX_UNSTORED = 1000
"""Events that wait in memory for the disk."""

STOP_S = 3.0
"""How long to wait for a channel's thread; what it was sending is sent again after a start."""

log = logging.getLogger(__name__)


class EventSource(Protocol):
    """Where events come from.

    ``gather`` returns new ones and may block; ``gathered`` is called once they are queued.
    """

    def gather(self) -> Sequence[SiteEvent]: ...
    def gathered(self) -> None: ...


class EventNotifier:
    """``tell`` returns at once; a thread of its own writes to the disk, one a channel sends.

    ``silent``: kinds of events that are not told. ``repeat_s``: see ``QueuePort.add``.
    """

    def __init__(
        self,
        outbox: QueuePort,
        senders: Mapping[str, ChannelSender],
        sources: Sequence[EventSource],
        turn: ProcessTurn,
        *,
        silent: Sequence[str] = (),
        repeat_s: float = 60.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._senders = senders
        self._sources = sources
        self._turn = turn
        self._silent = frozenset(silent)
        self._repeat_s = repeat_s
        self._wall = wall
        self._told: queue.Queue[SiteEvent | None] = queue.Queue(MAX_UNSTORED)
        self._threads = [SenderThread(sender, turn.take) for sender in senders.values()]
        self._intake = threading.Thread(target=self._take_in, name="notify", daemon=True)
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the threads."""
        self._intake.start()
        for thread in self._threads:
            thread.start()

    def tell(self, event: SiteEvent) -> None:
        """Queue an event for every channel, soon; callable from any thread, also the door's."""
        try:
            self._told.put_nowait(event)
        except queue.Full:
            log.error("too many events at once: %s is not told", event.kind)

    def wake(self) -> None:
        """Let the channels look at once whether something waits."""
        for thread in self._threads:
            thread.wake()

    def stop(self) -> None:
        """Stop the threads; what was not sent stays in the queue."""
        self._stopped.set()
        with contextlib.suppress(queue.Full):  # wakes the intake
            self._told.put_nowait(None)
        if self._intake.is_alive():
            self._intake.join(STOP_S)
        for thread in self._threads:
            if thread.is_alive() and not thread.stop(STOP_S):
                log.warning("%s is still sending; that message is sent again later", thread.name)
        self._turn.give()

    def _take_in(self) -> None:
        while not self._stopped.is_set():
            try:
                event = self._told.get(timeout=GATHER_S)
            except queue.Empty:
                event = None
            self._queue([event] if event is not None else [])
            for source in self._sources:
                self._ask(source)

    def _ask(self, source: EventSource) -> None:
        try:
            events = source.gather()
            if self._queue(events):
                source.gathered()
        except KioskError as error:
            log.warning("events cannot be told: %s", error)
        except Exception:
            log.exception("events cannot be told")

    def _queue(self, events: Sequence[SiteEvent]) -> bool:
        """Store events for every channel; return whether they are on disk."""
        wanted = [event for event in events if event.kind.value not in self._silent]
        try:
            for event in wanted:
                for name in self._senders:
                    self._outbox.add(name, event, self._wall(), self._repeat_s)
        except KioskError as error:
            log.error("%s", error)
            return False
        if wanted:
            self.wake()
        return True
