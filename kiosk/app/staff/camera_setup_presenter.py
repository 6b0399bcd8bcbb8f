"""Setting up the camera, in the wizard and on the page that the System page leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot

from kiosk.app.bootstrap.camera_setup_factory import build_camera_setup
from kiosk.app.capture_thread import BGRAImage
from kiosk.app.live_config import LiveConfig
from kiosk.app.staff.context import StaffContext
from kiosk.app.tasks import Worker, shown_by
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.orientation import Orientation
from kiosk.core.view_models import CameraChoice, CameraSetupView, DoorView, SetupStep
from kiosk.services.camera_setup_service import CameraSetupService
from kiosk.ui.screens.system.camera_setup_panel import CameraSetupPanel
from kiosk.vision.camera.webcam_finder import webcams

Change = Callable[[Mapping[str, str | None], Callable[[Config], None], Callable[..., None]], None]
"""Saves settings given as text by key, then calls the second, or the third with an error's key."""


class CameraSetupPresenter(QObject):
    """Looks at the newest picture on a thread of its own while the panel is open.

    A step that was done counts as a touch, so that nobody is signed out meanwhile.
    """

    def __init__(
        self,
        panel: CameraSetupPanel,
        context: StaffContext,
        config: LiveConfig,
        change: Change,
        view: Callable[[], DoorView],
    ) -> None:
        super().__init__()
        self._panel = panel
        self._config = config
        self._change = change
        self._view = view
        self._worker = Worker(context.tasks, "camera-setup")
        self._service: CameraSetupService | None = None
        self._work: Future[Any] | None = None
        self._open = self._done = False
        self._step = SetupStep.LOOK
        self._navigation = context.navigation
        panel.cameraChosen.connect(self._choose)
        panel.againRequested.connect(self.begin)
        context.session.ended.connect(self.close)

    def stop(self) -> None:
        """Wait for the picture in progress."""
        self._worker.stop()

    @Slot()
    def begin(self) -> None:
        """Look how the camera hangs, from the beginning."""
        self._open, self._done = True, False
        self._panel.show_waiting()
        self._worker.run(self._restart, self._panel.show_cameras, self._failed)

    @Slot()
    def close(self) -> None:
        """Look no more."""
        self._open = False

    def show_frame(self, picture: BGRAImage) -> None:
        """Show a camera picture, and look at it unless the one before is still in progress."""
        if not self._open:
            return
        self._panel.set_frame(picture)
        if not self._done and (self._work is None or self._work.done()):
            image = np.ascontiguousarray(picture[..., :3])
            self._work = self._worker.run(partial(self._observe, image), self._show, self._failed)

    def tick(self) -> None:
        """Show why no pictures come; called once a second."""
        problem = self._view().camera_problem
        if self._open and problem is not None:
            self._panel.show_error(problem.key, **problem.values)

    def _restart(self) -> list[CameraChoice]:
        """Begin again, and return the cameras there are; on the worker's thread."""
        if self._service is None:
            self._service = build_camera_setup(self._config.value)
        self._service.start()
        source = self._config.value.camera.source.strip()
        found = webcams()
        if not found:
            return []
        return [CameraChoice("auto", "", source == "auto")] + [
            CameraChoice(info.stable, info.title, source in (info.path, info.link))
            for info in found
        ]

    def _observe(self, image: BGRAImage) -> CameraSetupView | None:
        return None if self._service is None else self._service.observe(image)

    def _show(self, view: CameraSetupView | None) -> None:
        if view is None or not self._open or self._done:
            return
        if view.step is not self._step:
            self._step = view.step
            self._navigation.keep_awake()
        self._panel.show_view(view)
        if view.step is SetupStep.DONE:
            self._done = True
            self._save(view.found)

    def _save(self, found: Orientation) -> None:
        camera = self._config.value.camera
        before = Orientation(camera.turned, camera.mirrored)
        after = before.and_then(found.turned, found.mirrored)
        texts = {
            "camera.turned": str(after.turned),
            "camera.mirrored": str(after.mirrored).lower(),
        }
        if before == after:
            self._panel.show_result(before, after)
            return
        self._change(
            texts, lambda _: self._panel.show_result(before, after), self._panel.show_error
        )

    @Slot(str)
    def _choose(self, source: str) -> None:
        """Use another camera from now on, and look how that one hangs."""
        self._done = True  # no picture of the camera before counts
        texts = {"camera.source": source, "camera.turned": "0", "camera.mirrored": "false"}
        self._change(texts, lambda _: self.begin(), self._panel.show_error)

    def _failed(self, error: KioskError) -> None:
        shown_by(self._panel.show_error)(error)
