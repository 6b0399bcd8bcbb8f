"""Draw every screen in both languages into a folder.

``python -m scripts.screenshots docs/screenshots``; ``--size 800x480 --text 1.5`` draws them for
another display and text size. The screens are the real ones with invented view models and drawn
people; no camera and no network is used.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk.core.languages import language_codes
from kiosk.ui.i18n import language
from kiosk.ui.theme import theme
from scripts.screenshots.door_pictures import door_views, shoot_door
from scripts.screenshots.staff_pictures import shoot_staff
from scripts.screenshots.studio import PORTRAIT, Studio

os.environ["QT_QPA_PLATFORM"] = "offscreen"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/screenshots"))
    parser.add_argument("--size", type=glass_size, help="of all pictures, for example 800x480")
    parser.add_argument("--text", type=float, default=1.0, help="text size, 1.0 to 2.0")
    return parser.parse_args()


def glass_size(text: str) -> tuple[int, int]:
    """Return width and height of ``800x480``."""
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> int:
    """Draw every screen in both languages, the door in the light theme too."""
    args = arguments()
    application = QApplication(["munjigi"])
    theme().default_text_scale = theme().text_scale = args.text
    studio = Studio(args.folder, args.size)
    for code in language_codes():
        language().use(code)
        shoot_door(studio)
        shoot_staff(studio)
        theme().use("light")
        studio.show_door(door_views()["door-verifying"])
        studio.shoot("door-light", "door")
        theme().use("dark")
    for code in language_codes():  # last, since a window that was tall stays so
        language().use(code)
        studio.show_door(door_views()["door-verifying"])
        studio.shoot("door-portrait", "door", PORTRAIT)
    print(f"{len(list(studio.folder.glob('*.png')))} pictures in {studio.folder}")
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main())
