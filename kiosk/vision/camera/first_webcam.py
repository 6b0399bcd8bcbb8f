"""Open the first webcam that works."""

from __future__ import annotations

from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError
from kiosk.vision.camera.webcam import Webcam
from kiosk.vision.camera.webcam_finder import webcams_to_try


class FirstWebcam:
    """Opens the first webcam that works; kept from one opening to the next.

    One that was opened and then gave no picture is tried last the next time. An infrared camera is
    opened only where there is no other: people are enrolled in colour, so it does not stand in for
    a colour camera that is in use.
    """

    def __init__(self, config: CameraConfig) -> None:
        self._config = config
        self._silent: set[str] = set()
        self._last: Webcam | None = None

    def open(self) -> Webcam:
        """Open a webcam. Raises the error of the first one where none can be opened."""
        if self._last is not None:
            (self._silent.discard if self._last.delivered else self._silent.add)(self._last.path)
            self._last = None
        found = webcams_to_try()
        refused: CameraError | None = None
        for info in sorted(found, key=lambda info: info.path in self._silent):
            try:
                self._last = Webcam(info.path, self._config)
            except CameraError as error:
                refused = refused or error
            else:
                return self._last
        self._silent.clear()
        raise refused or CameraError(
            "There is no camera; plug one in, or name one with --camera.", key="error.no_camera"
        )
