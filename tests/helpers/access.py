"""Fakes around locks: a driver that can fail, hang and be unplugged, and an audit log in a list."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from kiosk.access.locks import Input, LockState
from kiosk.core.errors import LockError


class MemoryAudit:
    """Events in a list."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str, dict[str, object]]] = []

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        self.records.append((event, actor, dict(detail)))

    @property
    def events(self) -> list[str]:
        return [event for event, _, _ in self.records]


class FakeDriver:
    """Records each call.

    ``broken`` fails; ``hang`` waits inside ``open`` or ``inputs`` until ``free`` is called.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.reasons: list[str] = []
        self.on = False
        self.looks = 0
        self.broken: Exception | None = None
        self.wired: dict[Input, bool] = {}
        self._changed = threading.Condition()
        self._free = threading.Event()
        self._hangs_in = "open"
        self._free.set()

    def hang(self, where: str = "open") -> None:
        self._hangs_in = where
        self._free.clear()

    def free(self) -> None:
        self._free.set()

    def open(self, seconds: float, reason: str) -> None:
        self._note("open begins")
        assert self._hangs_in != "open" or self._free.wait(10)
        self._fail()
        self.on = True
        self.reasons.append(reason)
        self._note("open")

    def close(self) -> None:
        self._fail()
        self.on = False
        self._note("close")

    def state(self) -> LockState:
        return LockState.OPEN if self.on else LockState.LOCKED

    def check(self) -> None:
        self._fail()
        self._note("check")

    def inputs(self) -> Mapping[Input, bool]:
        if self._hangs_in == "inputs" and not self._free.is_set():
            self._note("inputs hang")
            assert self._free.wait(10)
        self._fail()
        with self._changed:
            self.looks += 1
            self._changed.notify_all()
        return dict(self.wired)

    def looked(self, times: int) -> bool:
        """Wait until the inputs have been looked at so often from now on."""
        with self._changed:
            until = self.looks + times
            return self._changed.wait_for(lambda: self.looks >= until, 10)

    def stop(self) -> None:
        self.on = False
        self._note("stop")

    def unplug(self) -> None:
        self.broken = LockError("The relay is gone; plug it in again.")

    def until(self, call: str, times: int = 1) -> bool:
        """Wait until ``call`` was made so often."""
        with self._changed:
            return self._changed.wait_for(lambda: self.calls.count(call) >= times, 10)

    def _fail(self) -> None:
        if self.broken is not None:
            raise self.broken

    def _note(self, call: str) -> None:
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
