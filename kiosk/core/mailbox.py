"""A one-slot mailbox between threads: a new value replaces an unread one."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds only the latest value, so a slow reader never blocks a fast writer.

    Safe for any number of writers and readers. ``dropped`` counts the values that were replaced
    unread.
    """

    def __init__(self) -> None:
        self._filled = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self.dropped = 0

    def put(self, value: T) -> bool:
        """Store ``value``; return whether the slot was empty, that is, a reader must be woken."""
        with self._filled:
            was_empty = self._value is None
            if not was_empty:
                self.dropped += 1
            self._value = value
            self._filled.notify()
            return was_empty

    def take(self, timeout: float | None = 0.0) -> T | None:
        """Remove and return the value; ``None`` after ``timeout`` seconds or when closed."""
        with self._filled:
            if self._value is None and not self._closed and timeout != 0.0:
                self._filled.wait_for(lambda: self._value is not None or self._closed, timeout)
            value = self._value
            self._value = None
            return value

    def close(self) -> None:
        """Wake every waiting reader; later ``take`` calls return at once."""
        with self._filled:
            self._closed = True
            self._filled.notify_all()
