"""Find the webcams of this machine: which video devices are cameras, and in which order to try."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from kiosk.vision.camera.camera_mode import COMPRESSED, RAW, READABLE
from kiosk.vision.camera.v4l2_device import V4l2Device

DEV = Path("/dev")

STABLE_LINKS = ("v4l/by-id", "v4l/by-path")
"""Where udev links to a device by its name and by its socket, which outlast its number."""


@dataclass(frozen=True, slots=True)
class WebcamInfo:
    """A webcam. ``path``: as ``camera.source`` takes it. ``link``: the same under a name that stays
    when it is plugged in again, if there is one. ``colour``: false for an infrared camera.
    """

    path: str
    title: str
    link: str = ""
    colour: bool = True

    @property
    def stable(self) -> str:
        """The name for the settings."""
        return self.link or self.path


def video_nodes() -> list[str]:
    """Return the paths of the video devices by number; not all of them are cameras."""
    found = [(int(p.name[5:]), str(p)) for p in DEV.glob("video*") if p.name[5:].isdecimal()]
    return [path for _, path in sorted(found)]


def webcams() -> list[WebcamInfo]:
    """Return the webcams in the order in which to try them: colour first, then by number.

    Devices that deliver no pictures (metadata, converters) are left out. One that may not be
    opened, or is used by another program alone, counts as a camera: what it is cannot be seen.
    """
    links = stable_links()
    found = [info for path in video_nodes() if (info := _info(path, links.get(path, "")))]
    return sorted(found, key=lambda info: not info.colour)  # keeps the order of the numbers


def webcams_to_try() -> list[WebcamInfo]:
    """Return the webcams that ``auto`` may open: infrared ones only where there is no other."""
    found = webcams()
    return [info for info in found if info.colour] or found


def stable_links() -> dict[str, str]:
    """Return the stable name of each video device that has one, by its path."""
    found: dict[str, str] = {}
    for folder in STABLE_LINKS:
        for link in sorted((DEV / folder).glob("*")):
            found.setdefault(str(link.resolve()), str(link))
    return {
        path: found[real] for path in video_nodes() if (real := str(Path(path).resolve())) in found
    }


def _info(path: str, link: str) -> WebcamInfo | None:
    try:
        with V4l2Device(path) as device:
            facts = device.facts()
            formats = device.formats() if facts.captures else []
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EBUSY):
            return WebcamInfo(path, path, link)
        return None
    if not any(form in READABLE for form in formats):
        return None
    colour = any(form in RAW or form in COMPRESSED for form in formats)
    return WebcamInfo(path, facts.card or path, link, colour)
