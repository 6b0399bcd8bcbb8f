"""A frozen or black picture is found at once; a still scene without noise is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kiosk.core.frames import BGRImage, PictureFacts
from kiosk.vision.camera.frozen_detector import FrozenDetector
from tests.helpers.fakes import FakeCamera, picture

FPS = 15
SIZE = (480, 640, 3)
Shown = Callable[[float], BGRImage]


def noisy(t: float) -> BGRImage:
    """A picture as a sensor delivers it."""
    rng = np.random.default_rng(round(t * 1000))
    return rng.integers(100, 110, SIZE, dtype=np.uint8)


def smooth(t: float) -> BGRImage:
    """A wall without noise, before which something moves at first and nothing after 3 s."""
    image = np.full(SIZE, 120, np.uint8)
    x = 100 + round(40 * min(t, 3.0))
    image[200:400, x : x + 80] = 60
    return image


def watched(
    detector: FrozenDetector,
    show: Shown,
    seconds: float,
    began: float = 0.0,
    *,
    stamped: bool = True,
    stopped_at: float = float("inf"),
    face_from: float = float("inf"),
) -> list[float]:
    """Return the times at which ``detector`` finds fault with what ``show`` delivers.

    ``stopped_at``: from then on the camera delivers its last picture again and again.
    """
    found = []
    for number in range(round(seconds * FPS)):
        now = began + number / FPS
        at = min(now, stopped_at)
        facts = PictureFacts(at if stamped else None, now >= face_from)
        if detector(show(at), now, facts):
            found.append(now)
    return found


def test_a_sensor_that_freezes_is_found_within_two_seconds_and_forgotten_when_it_moves():
    detector = FrozenDetector(1.5)
    assert not watched(detector, noisy, 4.0)
    # the driver stamps each copy of the last picture as if it were new
    found = watched(detector, lambda t: noisy(3.9), 4.0, 4.0)
    assert found[0] == pytest.approx(5.5, abs=0.1) and detector.reason == "frozen"
    assert not watched(detector, noisy, 1.0, 8.0) and detector.reason == ""


@pytest.mark.parametrize("stamped", [True, False])
def test_a_still_scene_without_noise_is_not_frozen_however_long(stamped):
    assert not watched(FrozenDetector(1.5), smooth, 20.0, stamped=stamped)


def test_a_still_scene_from_the_first_picture_on_is_not_frozen():
    assert not watched(FrozenDetector(1.5), lambda t: smooth(9.0), 12.0)


def test_without_noise_the_same_time_again_is_frozen():
    found = watched(FrozenDetector(1.5), smooth, 12.0, stopped_at=5.0)
    assert found and found[0] == pytest.approx(6.5, abs=0.1)


def test_without_noise_a_picture_with_a_face_is_frozen_when_it_keeps_still():
    found = watched(FrozenDetector(1.5), smooth, 12.0, face_from=8.0)
    assert found and found[0] == pytest.approx(9.5, abs=0.1)


def test_a_frozen_camera_that_is_opened_again_is_still_frozen():
    detector = FrozenDetector(1.5)
    watched(detector, noisy, 4.0)
    frozen = noisy(3.9)
    assert watched(detector, lambda t: frozen, 2.0, 4.0)
    assert watched(detector, lambda t: frozen, 0.1, 9.0), "not for one picture either"


def test_noise_in_a_dark_corner_alone_is_still_noise():
    def night(t: float) -> BGRImage:
        image = noisy(t)
        image[:, :500] = 0
        return image

    detector = FrozenDetector(1.5)
    assert not watched(detector, night, 4.0)
    assert watched(detector, lambda t: night(3.9), 2.0, 4.0)


def test_black_is_found_despite_a_little_noise():
    detector = FrozenDetector(1.5)
    found = watched(
        detector,
        lambda t: np.random.default_rng(round(t * 99)).integers(0, 4, SIZE, dtype=np.uint8),
        2.0,
    )
    assert found[0] == pytest.approx(1.5, abs=0.1) and detector.reason == "black"


def test_another_size_is_another_picture():
    detector = FrozenDetector(1.0)
    sizes = [picture(50, (64 + 12 * (i % 2), 48)) for i in range(10)]
    assert not any(detector(image, i * 0.4) for i, image in enumerate(sizes))


def test_the_fake_camera_freezes_as_a_sensor_does():
    camera = FakeCamera()
    detector = FrozenDetector(1.5)
    assert not any(detector(camera.read(), i * 0.1) for i in range(30))
    camera.freeze()
    assert detector(camera.read(), 3.0) is False
    assert any(detector(camera.read(), 3.0 + i * 0.1) for i in range(20))
