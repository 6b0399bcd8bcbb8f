"""Fakes of hardware and networks that misbehave on command; no threads, no waiting, no files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import CameraError
from kiosk.core.frames import BGRImage, Face
from kiosk.core.templates import EmbedderInfo


class FakeClock:
    """A clock that moves only when it is told to; ``sleep`` moves it too and is remembered."""

    def __init__(self, now: float = 100.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def sleep(self, seconds: float) -> None:
        """What the code under test calls to wait."""
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds


def picture(
    value: int = 120, size: tuple[int, int] = (64, 48), noise: int | None = None
) -> BGRImage:
    """A picture (height, width, 3) of one value, or with the sensor noise number ``noise``."""
    image = np.full((size[1], size[0], 3), value, np.uint8)
    if noise is not None:
        image += np.random.default_rng(noise).integers(0, 8, image.shape, dtype=np.uint8)
    return image


class FakeCamera:
    """Repeats ``frames`` forever; its methods switch faults on, ``recover`` switches them off."""

    def __init__(
        self,
        frames: Sequence[BGRImage] | None = None,
        *,
        title: str = "Fake",
        live: bool = True,
        demo: bool = False,
        fps: float = 30.0,
    ) -> None:
        self.frames = (
            list(frames) if frames is not None else [picture(120, noise=i) for i in range(8)]
        )
        self.title = title
        self.live = live
        self.demo = demo
        self.fps = fps
        self.reads = 0
        self.closed = False
        self._fault: Callable[[BGRImage], BGRImage | None] | None = None

    def read(self) -> BGRImage | None:
        """The next picture, as the fault in force leaves it."""
        if self.closed:
            return None
        image = self.frames[self.reads % len(self.frames)].copy()
        self.reads += 1
        return self._fault(image) if self._fault else image

    def skip(self) -> bool:
        """Let the next picture go by."""
        return self.read() is not None

    def close(self) -> None:
        """Give nothing more."""
        self.closed = True

    def stall(self) -> None:
        """No pictures come any more."""
        self._fault = lambda _: None

    def unplug(self) -> None:
        """Reading fails as with a device that is gone."""
        self.fail(CameraError("The camera is gone; plug it in again."))

    def fail(self, error: Exception) -> None:
        """Reading raises ``error``."""

        def fault(_: BGRImage) -> BGRImage | None:
            raise error

        self._fault = fault

    def freeze(self) -> None:
        """The same picture comes again and again, as unplugged cameras do."""
        last = self.frames[max(0, self.reads - 1) % len(self.frames)]
        self._fault = lambda _: last.copy()

    def go_dark(self) -> None:
        """Black pictures, as behind a closed shutter."""
        self._fault = np.zeros_like

    def change_size(self, width: int, height: int) -> None:
        """The pictures have another size from now on."""
        self._fault = lambda image: np.ascontiguousarray(np.resize(image, (height, width, 3)))

    def recover(self) -> None:
        """All is well again."""
        self._fault = None


def make_face(
    x: float = 220,
    y: float = 120,
    width: float = 160,
    height: float = 200,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    probability: float = 0.999,
) -> Face:
    """Return a face whose landmarks give ``estimate_pose`` the yaw and pitch."""
    box = np.array([x, y, x + width, y + height], np.float32)
    middle = x + width / 2
    eyes = y + 0.4 * height
    mouth = y + 0.78 * height
    apart = 0.42 * width
    nose = (middle + yaw * apart / 2, eyes + (0.5 + pitch / 2) * (mouth - eyes))
    points = [
        (middle - apart / 2, eyes),
        (middle + apart / 2, eyes),
        nose,
        (middle - 0.36 * apart, mouth),
        (middle + 0.36 * apart, mouth),
    ]
    return Face(box, np.array(points, np.float32), probability)


class FakeDetector:
    """Finds what it was told to: ``faces``, or what ``script`` gives for the number of the call."""

    def __init__(
        self, faces: Sequence[Face] = (), script: Callable[[int], Sequence[Face]] | None = None
    ) -> None:
        self.faces = list(faces)
        self.script = script
        self.calls = 0

    def detect(self, image: BGRImage) -> list[Face]:
        """The faces, largest first."""
        found = list(self.script(self.calls)) if self.script else self.faces
        self.calls += 1
        return sorted(found, key=lambda face: -face.width)


class FakeEmbedder:
    """Gives ``vector`` for every crop, or what ``script`` makes of a crop; L2-normalised."""

    def __init__(
        self,
        vector: Sequence[float] = (1, 0, 0, 0),
        script: Callable[[BGRImage], Sequence[float]] | None = None,
        *,
        threshold: float = 0.8,
        id: str = "fake",
    ) -> None:
        self.vector = vector
        self.script = script
        self.info = EmbedderInfo(id, "Fake", len(vector), threshold, 2.0)
        self.embedded = 0

    def crop(self, image: BGRImage, face: Face) -> BGRImage:
        """The middle of the face's box as it is in the picture, at least 16 pixels each way."""
        x, y = (int(v) for v in np.maximum(face.box[:2], 0))
        part = image[y : y + max(16, int(face.height)), x : x + max(16, int(face.width))]
        return np.ascontiguousarray(part) if part.size else np.zeros((16, 16, 3), np.uint8)

    def embed(self, crops: Sequence[BGRImage]) -> NDArray[np.float32]:
        """(n, dimension) float32."""
        self.embedded += len(crops)
        rows = np.array([self.script(c) if self.script else self.vector for c in crops], np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
