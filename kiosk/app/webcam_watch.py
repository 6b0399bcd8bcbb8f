"""Restart the kiosk with a webcam that appears while the demo camera shows drawn people."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QTimer, Slot

from kiosk.app.runtime import Runtime
from kiosk.vision.camera.webcam_finder import video_nodes, webcams

log = logging.getLogger(__name__)

INTERVAL_MS = 1000


class WebcamWatch(QObject):
    """Looks for a webcam once a second; it must be kept alive."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self._runtime = runtime
        self._known = video_nodes()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(INTERVAL_MS)

    @Slot()
    def look(self) -> None:
        """Restart if a webcam has appeared; devices seen before are not opened again."""
        nodes = video_nodes()
        if nodes == self._known:
            return
        self._known = nodes
        found = webcams()
        if found:
            self._timer.stop()
            log.info("%s was plugged in: the kiosk restarts with it", found[0].title)
            self._runtime.restart(lambda: None)
