"""Notify systemd (sd_notify(3)) of ready, alive and stopping; without systemd, do nothing."""

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
    def enabled(self) -> bool:
        """Whether systemd listens."""
        return bool(self._address)

    def ready(self) -> None:
        """Report that the kiosk has started."""
        self._send("READY=1")

    def alive(self, status: str = "") -> None:
        """Report that the kiosk works; restarts the service's ``WatchdogSec``."""
        self._send(f"WATCHDOG=1\nSTATUS={status}" if status else "WATCHDOG=1")

    def working(self, seconds: float, status: str) -> None:
        """Extend the timeout of a start or stop, and of the watchdog, by ``seconds`` from now."""
        self._send(f"EXTEND_TIMEOUT_USEC={seconds * 1e6:.0f}\nWATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        """Report an orderly stop."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.sendto(text.encode(), self._address)
        except OSError:  # systemd restarts a silent service; nothing else can be done here
            pass
