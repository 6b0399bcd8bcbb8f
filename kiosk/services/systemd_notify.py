"""Tells systemd how the kiosk is (sd_notify(3)): ready, alive, stopping. Without systemd nobody is told."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Sends to the socket that systemd names in ``NOTIFY_SOCKET``."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._address)

    def ready(self) -> None:
        """The kiosk has started."""
        self._send("READY=1")

    def alive(self, status: str = "") -> None:
        """All is well: the service's WatchdogSec begins anew."""
        self._send(f"WATCHDOG=1\nSTATUS={status}" if status else "WATCHDOG=1")

    def working(self, seconds: float, status: str) -> None:
        """A start or an end takes longer: not before ``seconds`` from now is it overdue, nor the next sign of life."""
        self._send(f"EXTEND_TIMEOUT_USEC={seconds * 1e6:.0f}\nWATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        """The kiosk stops in order."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.sendto(text.encode(), self._address)
        except OSError:  # systemd restarts whoever is not heard: nothing else to be done here
            pass
