"""Open the configured camera, as often as it is lost; never the demo camera in its place."""

from __future__ import annotations

from kiosk.core.config import CameraConfig
from kiosk.vision.camera.first_webcam import FirstWebcam
from kiosk.vision.camera.sources import Camera, SourceKind, kind_of, open_camera


class CameraOpener:
    """Called on the capture thread; ``use`` may be called on any other."""

    def __init__(self, config: CameraConfig) -> None:
        self.use(config)

    def use(self, config: CameraConfig) -> None:
        """Open the camera of ``config`` from now on."""
        self.config, self._first = config, FirstWebcam(config)

    def __call__(self) -> Camera:
        """Return the opened camera. Raises ``CameraError``."""
        config, first = self.config, self._first
        if kind_of(config.source) is SourceKind.AUTO:
            return first.open()
        return open_camera(config.source, config)
