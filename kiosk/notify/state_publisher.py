"""Publishes the door's state and its decisions beside the queue: only the latest counts."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from kiosk.core.site_events import SiteEvent

MOST_DECISIONS = 20
"""Decisions that wait to be published; there are never many in a second."""

Document = Mapping[str, object]


class LiveChannel(Protocol):
    """A channel that also shows the present (``NotifyMqttChannel``)."""

    def show(self, state: Document) -> None: ...
    def decided(self, decision: Document) -> None: ...


class StatePublisher:
    """``see`` and ``decided`` return at once; an ``EventSource`` whose thread publishes."""

    def __init__(self, channel: LiveChannel) -> None:
        self._channel = channel
        self._state: Document = {}
        self._decisions: queue.Queue[Document] = queue.Queue(MOST_DECISIONS)

    def see(self, state: Document) -> None:
        """Take in the door's state."""
        self._state = state

    def decided(self, decision: Document) -> None:
        """Take in a decision."""
        with suppress(queue.Full):
            self._decisions.put_nowait(decision)

    def gather(self) -> Sequence[SiteEvent]:
        """Publish what is new; there are no events."""
        if self._state:
            self._channel.show(self._state)
        while not self._decisions.empty():
            self._channel.decided(self._decisions.get_nowait())
        return ()

    def gathered(self) -> None:
        """Do nothing."""
