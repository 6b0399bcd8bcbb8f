"""Qt's application object and its event loop."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from kiosk.app.garbage_collection import MainThreadCollector
from kiosk.core.program_name import program_name

log = logging.getLogger(__name__)

SETTLED_MS = 3000
"""How long after the start the objects that stay for good have been created."""
INTERPRETER_MS = 200
"""How often Python looks for signals and garbage."""


def qt_application() -> QApplication:
    """Return the application object, created if need be; Qt's messages go to the log."""
    qInstallMessageHandler(_log_qt_message)
    application = QApplication.instance()
    if isinstance(application, QApplication):
        return application
    return QApplication(["munjigi"])


def run_event_loop(application: QApplication, stop: Callable[[], None]) -> int:
    """Run until ``application`` quits, then call ``stop``; return Qt's exit code.

    Ctrl-C, SIGTERM and SIGHUP (the terminal is gone) quit, unless they are ignored. An unexpected
    exception is logged, and the kiosk goes on.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: application.quit())
    collector = MainThreadCollector()
    # also lets Python notice signals, which it does whenever Qt enters it
    interpreter = QTimer()
    interpreter.timeout.connect(collector.collect_due)
    interpreter.start(INTERPRETER_MS)
    QTimer.singleShot(SETTLED_MS, collector.settle)
    sys.excepthook = _log_unexpected
    try:
        return int(application.exec())
    finally:
        stop()
        collector.stop()


def _log_qt_message(kind: QtMsgType, _where: object, text: str | None) -> None:
    """Log a message of Qt; after a fatal one, which would abort, end with a sentence instead."""
    log.info("Qt: %s", text)
    if kind is QtMsgType.QtFatalMsg:
        print(
            "munjigi: The screen cannot be opened; start from a desktop session, unset DISPLAY "
            f"for the scripted tour, or run `{program_name()} doctor`.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(2)


def _log_unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log the traceback; none is shown in public."""
    log.critical("unexpected", exc_info=(kind, error, trace))
