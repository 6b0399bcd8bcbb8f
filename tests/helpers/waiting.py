"""Waits that do not depend on the speed of the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot

WAIT_MS = 60_000
"""Limit of every wait. A wait ends with what it waits for, so only failures take this long."""

WAIT_S = WAIT_MS / 1000


class PatientQtBot(QtBot):
    """pytest-qt's fixture with ``WAIT_MS`` instead of 5 s as the default limit."""

    def waitUntil(self, callback: Callable[[], Any], *, timeout: int = WAIT_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = WAIT_MS, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitSignals(self, signals: Any, *, timeout: int = WAIT_MS, **options: Any) -> Any:
        return super().waitSignals(signals, timeout=timeout, **options)

    def waitExposed(self, widget: Any, *, timeout: int = WAIT_MS) -> Any:
        return super().waitExposed(widget, timeout=timeout)
