"""The window with every screen, drawn without a display."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit

from kiosk.app.bootstrap.screen_image import to_bgra
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.frames import BGRImage, Face
from kiosk.core.view_models import DoorView
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.idle_screen import IdleScreen
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.recovery_screen import RecoveryScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen
from kiosk.ui.theme import theme
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from scripts.screenshots.invented import FAR, NOW, THRESHOLD

LANDSCAPE = (1280, 800)
PORTRAIT = (1080, 1920)
WORDS_STAY_MS = 1100
"""The door shows a message for at least a second."""
KEYBOARD_LOOKS = 20


class Studio:
    """The window with all screens, and a drawn person in front of the camera."""

    def __init__(self, folder: Path, size: tuple[int, int] | None = None) -> None:
        self.size = size
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.keyboard = False
        self.window = MainWindow(windowed=True, keyboard=lambda: self.keyboard)
        lab = Config().door.name
        self.door = DoorScreen(lab)
        self.idle = IdleScreen(lab)
        self.number = NumberScreen()
        self.wizard = WizardScreen()
        self.sign_in = SignInScreen()
        self.admin = AdminScreen()
        self.pin = PinScreen()
        self.hand_over = HandOverScreen()
        self.trouble = RecoveryScreen()
        for name, screen in (
            ("door", self.door),
            ("idle", self.idle),
            ("number", self.number),
            ("pin", self.pin),
            ("wizard", self.wizard),
            ("sign_in", self.sign_in),
            ("admin", self.admin),
            ("hand_over", self.hand_over),
            ("trouble", self.trouble),
        ):
            self.window.add_screen(name, screen)
        theme().reduced_motion = True
        picture = draw_person(CAST[1].looks, noise_seed=1)
        self.face = self.face_in(picture)
        self.frame, self.empty = (
            to_bgra(
                np.asarray(cv2.medianBlur(image, 5), np.uint8)
            )  # its noise would make files three times as large
            for image in (picture, draw_corridor(noise_seed=1))
        )

    def face_in(self, picture: BGRImage) -> Face:
        """Return the face in ``picture``: (height, width, 3) uint8."""
        return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=60).detect(picture)[0]

    def shoot(self, name: str, screen: str, size: tuple[int, int] = LANDSCAPE) -> None:
        """Show ``screen`` and save its picture in the language in use."""
        self.window.go(screen)
        self.window.show()
        self.shoot_as_it_is(name, size)

    def shoot_keyboard(
        self, name: str, screen: str, line: QLineEdit, size: tuple[int, int] = LANDSCAPE
    ) -> None:
        """Like ``shoot``, with the on-screen keyboard writing into ``line``."""
        self.keyboard = True
        self.window.go(screen)
        self.window.show()
        self.window.activateWindow()
        QTest.qWaitForWindowActive(self.window)
        line.setFocus()
        for _ in range(KEYBOARD_LOOKS):  # it comes when no finger is down any more
            if self.window.stage.keyboard.isVisible():
                break
            QTest.qWait(100)
        self.shoot_as_it_is(name, size)
        self.keyboard = False
        line.clearFocus()
        QTest.qWait(200)

    def shoot_as_it_is(self, name: str, size: tuple[int, int]) -> None:
        """Save a picture of the window."""
        self.window.resize(*(self.size or size))
        for _ in range(6):
            QApplication.processEvents()
        self.window.grab().save(str(self.folder / f"{name}-{language().code}.png"), "PNG", 0)

    def show_door(self, view: DoorView, face: bool = True) -> None:
        """Give the door a picture and ``view``."""
        self.door.set_now(NOW)
        self.door.set_frame(self.frame if face else self.empty)
        self.door.show_view(
            replace(
                view,
                face=self.face if face else None,
                frame_size=(640, 480),
                threshold=THRESHOLD,
                far=FAR,
                people_enrolled=24,
                embedder_title="Siamese network",
                frames_per_s=29.6,
                latency_ms=31.0,
                camera_title="Webcam",
            )
        )


def press(window: MainWindow, name: str) -> None:
    """Click the button ``name`` that is shown."""
    for button in window.findChildren(QAbstractButton, name):
        if button.isVisible():
            button.click()
