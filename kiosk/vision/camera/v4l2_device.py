"""Ask a Linux video device what it is and what it can deliver (V4L2), without reading pictures."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.vision.camera.camera_mode import CameraMode

if sys.platform.startswith("linux"):
    import fcntl

CAPTURE = 1
"""``V4L2_BUF_TYPE_VIDEO_CAPTURE``"""

_CAP_VIDEO_CAPTURE = 0x00000001
_CAP_VIDEO_CAPTURE_MPLANE = 0x00001000
_CAP_DEVICE_CAPS = 0x80000000
_DISCRETE = 1
_MOST = 256
"""No device lists more formats, sizes or rates; one that never ends its list is cut off."""

NOT_CAMERAS = ("bcm2835-isp", "bcm2835-codec", "pispbe", "rpi-hevc-dec", "rpivid")
"""Drivers whose devices convert pictures for other programs and have no lens."""

_Word = ctypes.c_uint32


class _Capability(ctypes.Structure):
    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", _Word),
        ("capabilities", _Word),
        ("device_caps", _Word),
        ("reserved", _Word * 3),
    )


class _FormatItem(ctypes.Structure):
    _fields_ = (
        ("index", _Word),
        ("type", _Word),
        ("flags", _Word),
        ("description", ctypes.c_char * 32),
        ("pixelformat", _Word),
        ("mbus_code", _Word),
        ("reserved", _Word * 3),
    )


class _SizeItem(ctypes.Structure):
    """Discrete: width, height; else least, most and step of the width, then of the height."""

    _fields_ = (
        ("index", _Word),
        ("pixel_format", _Word),
        ("type", _Word),
        ("values", _Word * 6),
        ("reserved", _Word * 2),
    )


class _RateItem(ctypes.Structure):
    """Seconds of a picture as fractions: the discrete one, else least, most and step."""

    _fields_ = (
        ("index", _Word),
        ("pixel_format", _Word),
        ("width", _Word),
        ("height", _Word),
        ("type", _Word),
        ("values", _Word * 6),
        ("reserved", _Word * 2),
    )


class _Picture(ctypes.Structure):
    _fields_ = (
        ("width", _Word),
        ("height", _Word),
        ("pixelformat", _Word),
        ("others", _Word * 9),
    )


class _FormatUnion(ctypes.Union):
    _fields_ = (
        ("pix", _Picture),
        ("raw", ctypes.c_uint8 * 200),
        ("align", ctypes.c_void_p),
    )


class _Format(ctypes.Structure):
    _fields_ = (("type", _Word), ("fmt", _FormatUnion))


class _Rate(ctypes.Structure):
    _fields_ = (
        ("type", _Word),
        ("capability", _Word),
        ("capturemode", _Word),
        ("numerator", _Word),
        ("denominator", _Word),
        ("others", _Word * 46),
    )


def _request(number: int, kind: type[ctypes.Structure], *, writes: bool = True) -> int:
    """Return the number of an ioctl as ``_IOWR``, or ``_IOR`` unless it ``writes``, gives it."""
    return (3 if writes else 2) << 30 | ctypes.sizeof(kind) << 16 | ord("V") << 8 | number


_QUERYCAP = _request(0, _Capability, writes=False)
_ENUM_FMT = _request(2, _FormatItem)
_G_FMT = _request(4, _Format)
_S_FMT = _request(5, _Format)
_S_PARM = _request(22, _Rate)
_ENUM_FRAMESIZES = _request(74, _SizeItem)
_ENUM_FRAMEINTERVALS = _request(75, _RateItem)


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a device says of itself; ``captures``: it is a node that delivers pictures."""

    card: str
    driver: str
    captures: bool


class V4l2Device:
    """An opened video device. Raises ``OSError`` where it cannot be opened or asked."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> V4l2Device:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def facts(self) -> DeviceFacts:
        """Return what the device says of itself."""
        found = _Capability()
        self._ask(_QUERYCAP, found)
        own = found.capabilities
        if own & _CAP_DEVICE_CAPS:  # of this node: a metadata node's camera can capture too
            own = found.device_caps
        driver = found.driver.decode("utf-8", "replace")
        captures = bool(own & (_CAP_VIDEO_CAPTURE | _CAP_VIDEO_CAPTURE_MPLANE))
        card = found.card.decode("utf-8", "replace").strip()
        return DeviceFacts(card, driver, captures and driver not in NOT_CAMERAS)

    def formats(self) -> list[str]:
        """Return the formats that the device lists, as four letters each."""
        found = []
        with contextlib.suppress(OSError):  # the end of the list
            for index in range(_MOST):
                item = _FormatItem(index=index, type=CAPTURE)
                self._ask(_ENUM_FMT, item)
                found.append(_letters(item.pixelformat))
        return found

    def modes(self, wanted: CameraMode) -> list[CameraMode]:
        """Return what the device can deliver.

        Where a range of sizes or rates is possible, or none is listed, the one near ``wanted``.
        Raises ``OSError`` with ``EBUSY`` where that cannot be asked while others use the device.
        """
        return [mode for form in self.formats() for mode in self._modes_of(form, wanted)]

    def check_free(self) -> None:
        """Raise ``OSError`` with ``EBUSY`` if another program uses the device."""
        format_ = _Format(type=CAPTURE)
        self._ask(_G_FMT, format_)
        self._ask(_S_FMT, format_)

    def _modes_of(self, form: str, wanted: CameraMode) -> Iterator[CameraMode]:
        sizes = self._sizes(form, wanted)
        if not sizes:
            yield self._tried(CameraMode(form, wanted.width, wanted.height, wanted.fps))
        for width, height in sizes:
            rates = self._rates(form, width, height)
            for rate in rates:
                yield CameraMode(form, width, height, rate)
            if not rates:
                yield self._tried(CameraMode(form, width, height, wanted.fps))

    def _sizes(self, form: str, wanted: CameraMode) -> list[tuple[int, int]]:
        found = []
        with contextlib.suppress(OSError):
            for index in range(_MOST):
                item = _SizeItem(index=index, pixel_format=_code(form))
                self._ask(_ENUM_FRAMESIZES, item)
                values = list(item.values)
                if item.type != _DISCRETE:
                    width = _within(wanted.width, *values[:3])
                    return [(width, _within(wanted.height, *values[3:]))]
                if values[0] and values[1]:
                    found.append((values[0], values[1]))
        return found

    def _rates(self, form: str, width: int, height: int) -> list[float]:
        """Return the pictures a second of a size; of a range only the most."""
        found = []
        with contextlib.suppress(OSError):
            for index in range(_MOST):
                item = _RateItem(index=index, pixel_format=_code(form), width=width, height=height)
                self._ask(_ENUM_FRAMEINTERVALS, item)
                numerator, denominator = item.values[0], item.values[1]
                if numerator and denominator:
                    found.append(round(denominator / numerator, 2))
                if item.type != _DISCRETE:
                    break
        return found

    def _tried(self, mode: CameraMode) -> CameraMode:
        """Return what the device makes of ``mode``, for drivers that list nothing."""
        format_ = _Format(type=CAPTURE)
        format_.fmt.pix.width, format_.fmt.pix.height = mode.width, mode.height
        format_.fmt.pix.pixelformat = _code(mode.form)
        self._ask(_S_FMT, format_)
        rate = _Rate(type=CAPTURE, numerator=1000, denominator=round(mode.fps * 1000))
        fps = mode.fps
        with contextlib.suppress(OSError):  # a driver without rates
            self._ask(_S_PARM, rate)
            if rate.numerator and rate.denominator:
                fps = round(rate.denominator / rate.numerator, 2)
        pix = format_.fmt.pix
        return CameraMode(_letters(pix.pixelformat), pix.width, pix.height, fps)

    def _ask(self, request: int, data: ctypes.Structure) -> None:
        while True:
            try:
                fcntl.ioctl(self._fd, request, data)
                return
            except OSError as error:
                if error.errno != errno.EINTR:
                    raise


def _code(form: str) -> int:
    return int.from_bytes(form.encode("ascii"), "little")


def _letters(code: int) -> str:
    return code.to_bytes(4, "little").decode("latin-1")


def _within(value: int, least: int, most: int, step: int) -> int:
    """Return the value nearest to ``value`` that a range allows."""
    step = max(1, step)
    clamped = min(max(value, least), max(least, most))
    return least + (clamped - least) // step * step
