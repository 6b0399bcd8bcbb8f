"""Tells systemd that the kiosk is ready, and once in a while that it lives (``sd_notify(3)``); nothing elsewhere."""

from __future__ import annotations

import contextlib
import logging
import os
import socket

log = logging.getLogger(__name__)


def notify(state: str) -> bool:
    """Send ``state`` to the service manager; returns whether there is one that took it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect("\0" + address[1:] if address[0] == "@" else address)
        out.sendall(state.encode())
        return True
    return False


class Watchdog:
    """Reports life only while the networks' thread has been heard of within ``patience_s``, through the main thread.

    So a hang of either ends in a restart by systemd, with the door locked.
    """

    def __init__(self, patience_s: float = 30.0) -> None:
        self._patience_s = patience_s
        self._heard_at = float("-inf")

    def ready(self, now: float) -> None:
        """The window is up; the networks are being loaded."""
        self.heard(now)
        notify("READY=1")

    def heard(self, now: float) -> None:
        """The networks' thread said something."""
        self._heard_at = now

    def alive(self, now: float) -> bool:
        """Whether it was heard of lately."""
        return now - self._heard_at <= self._patience_s

    def tick(self, now: float) -> None:
        """Once a second, on the main thread."""
        if self.alive(now):
            notify("WATCHDOG=1")
        else:
            log.critical("the networks' thread has not been heard of for %.0f s", now - self._heard_at)
