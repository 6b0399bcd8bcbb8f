"""The demo camera: its timing, determinism, director and mark."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from kiosk.core import paths
from kiosk.demo.demo_camera import Act, DemoCamera, DemoScene, Director, looping_show
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS, STRANGERS
from kiosk.demo.synthetic_faces.draw_person import draw_corridor
from kiosk.demo.synthetic_faces.printed_photo import paint_photograph
from kiosk.vision.camera.frozen_detector import FrozenDetector
from kiosk.vision.detection.face_quality import estimate_pose
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from tests.helpers.fakes import FakeClock

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=60)


def camera(clock: FakeClock | None = None, **options) -> DemoCamera:
    clock = clock or FakeClock()
    return DemoCamera(clock=clock, sleep=clock.sleep, **options)


def after(demo: DemoCamera, seconds: float) -> np.ndarray:
    """Return the picture some seconds later."""
    for _ in range(max(0, round(seconds * demo.fps) - 1)):
        demo._advance()  # the same as read, without drawing
    demo._began = demo._clock() - (demo._index + 1) / demo.fps
    return demo.read()


def test_pictures_come_at_the_cameras_rate():
    clock = FakeClock()
    demo = camera(clock, fps=20.0, size=(320, 240))
    began = clock.now
    for _ in range(21):
        assert demo.read().shape == (240, 320, 3)
    assert clock.now - began == pytest.approx(1.0)
    demo.close()
    assert demo.read() is None


def test_skipped_pictures_take_their_time():
    clock = FakeClock()
    slow = camera(clock, size=(160, 120))
    quick = camera(size=(160, 120))
    began = clock.now
    assert slow.skip() and slow.skip()
    pictures = [quick.read() for _ in range(3)]
    assert (slow.read() == pictures[2]).all() and clock.now - began == pytest.approx(2 / slow.fps)
    slow.close()
    assert not slow.skip()


def test_a_slow_reader_sees_the_present():
    clock = FakeClock()
    quick = camera(size=(160, 120))
    slow = camera(clock, size=(160, 120))
    for _ in range(31):
        expected = quick.read()
    slow.read()
    clock.advance(1.0 + 1e-6)
    assert (slow.read() == expected).all()


def test_the_same_seed_and_cues_give_the_same_pictures():
    pictures = []
    for _ in range(2):
        demo = camera(size=(320, 240), seed=4)
        demo.cue(DemoScene(who=1))
        pictures.append([after(demo, 1.5), after(demo, 0.1)])
    assert (pictures[0][0] == pictures[1][0]).all() and (pictures[0][1] == pictures[1][1]).all()
    assert (pictures[0][0] != pictures[0][1]).any()


def test_members_and_strangers_alternate_with_pauses():
    show = looping_show(MEMBERS, STRANGERS)
    people = [act.scene.who for act in show[1::2]]
    assert all(act.scene.who is None for act in show[::2])
    assert [who < MEMBERS for who in people] == [True, False, True, False, True]
    assert set(people) == {0, 1, 2, *STRANGERS}


def test_the_show_loops_and_comes_back_after_a_cue():
    director = Director((Act(DemoScene(None), 1.0), Act(DemoScene(2), 2.0)), fps=10.0)
    seen = [director.requested().who for _ in range(60) if director.advance()]
    assert seen[:9] == [None] * 9 and seen[10:29] == [2] * 19 and seen[31:38] == [None] * 7
    director.cue(DemoScene(5, "left"))
    assert director.requested() == DemoScene(5, "left")
    director.follow()
    assert director.requested().who is None


def test_one_person_leaves_before_another_comes():
    director = Director(looping_show(3, (3, 4)), fps=30.0)
    director.cue(DemoScene(0))
    for _ in range(60):
        director.advance()
    assert (director.stage.who, director.stage.presence) == (0, 1.0)
    director.cue(DemoScene(1))
    whos = []
    for _ in range(90):
        stage = director.advance()
        whos.append((stage.who, stage.presence))
    turn = next(i for i, (who, _) in enumerate(whos) if who == 1)
    assert (
        all(who == 0 for who, _ in whos[:turn])
        and whos[turn - 1][1] == 0.0
        and whos[-1] == (1, 1.0)
    )


def test_cues_are_thread_safe():
    director = Director(looping_show(3, (3, 4)), fps=30.0)
    threads = [
        threading.Thread(target=lambda i=i: [director.cue(DemoScene(i)) for _ in range(200)])
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(200):
        director.advance()
    for thread in threads:
        thread.join()
    assert director.requested().who in range(4)


def test_an_unknown_pose_is_refused():
    with pytest.raises(ValueError, match="no pose"):
        DemoScene(0, "upside down")


def poses_seen(demo: DemoCamera, detector, frames: int) -> np.ndarray:
    """Return (frames, 3) the poses estimated ten times a second."""
    return np.array(
        [estimate_pose(detector.detect(after(demo, 0.1))[0].landmarks) for _ in range(frames)]
    )


@pytest.mark.parametrize(
    ("pose", "axis", "sign"), [("left", 0, 1), ("right", 0, -1), ("up", 1, -1), ("down", 1, 1)]
)
@pytest.mark.parametrize("who", range(MEMBERS + 1))
def test_poses_are_held_as_enrolment_requires(detector, who, pose, axis, sign):
    """A pose must be held for 0.35 s beyond its limit, measured from any straight frame.

    The landmarks of a drawn face jump a little from frame to frame.
    """
    demo = camera()
    demo.cue(DemoScene(who))
    after(demo, 2.0)
    straight = poses_seen(demo, detector, 8)
    assert (np.abs(straight[:, 0]) < 0.16).all()
    demo.cue(DemoScene(who, pose))
    after(demo, 0.8)
    turned = sign * poses_seen(demo, detector, 24)[:, axis]
    adverse = (sign * straight[:, axis]).max()
    held = "".join("x" if far else " " for far in turned - adverse > (0.14 if axis == 0 else 0.09))
    assert "x" * 5 in held, held


def test_closer_is_larger(detector):
    demo = camera()
    demo.cue(DemoScene(0))
    usual = detector.detect(after(demo, 2.0))[0].height
    demo.cue(DemoScene(0, "closer"))
    assert detector.detect(after(demo, 1.5))[0].height > 1.2 * usual


@pytest.mark.parametrize("who", range(5))
def test_everybody_is_detected_with_certainty_in_every_frame(detector, who):
    demo = camera()
    demo.cue(DemoScene(who))
    after(demo, 1.2)
    for _ in range(6):
        faces = detector.detect(after(demo, 0.4))
        assert len(faces) == 1 and faces[0].probability > 0.99


def test_an_empty_scene_has_no_face(detector):
    demo = camera()
    demo.cue(DemoScene(None))
    assert detector.detect(after(demo, 1.0)) == []


def test_an_empty_corridor_is_not_a_frozen_camera():
    demo = camera()
    frozen = FrozenDetector(1.0)
    demo.cue(DemoScene(None))
    assert not any(frozen(demo.read(), i / 30) for i in range(60))


def corners_of(sheet: np.ndarray) -> np.ndarray:
    """Return the outline of the white sheet as four points, clockwise from the upper left."""
    grey = cv2.inRange(sheet, (238, 238, 238), (255, 255, 255))
    contours, _ = cv2.findContours(grey, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = cv2.convexHull(max(contours, key=cv2.contourArea))
    return cv2.approxPolyDP(outline, 0.03 * cv2.arcLength(outline, True), True)[:, 0].astype(
        np.float32
    )


def test_a_photograph_moves_as_one_plane(detector):
    """A homography from the corners of the sheet explains how the landmarks move."""
    pictures = []
    for tilt, lean, turn, x in ((0.0, 0.0, 0.0, 320), (0.05, 0.06, -0.05, 335)):
        image = draw_corridor(noise_seed=None) // 2
        paint_photograph(
            image, CAST[0].looks, centre=(x, 240), height=370, tilt=tilt, lean=lean, turn=turn
        )
        pictures.append(image)
    first, second = (corners_of(p) for p in pictures)
    assert len(first) == len(second) == 4

    def ordered(points):
        middle = points.mean(0)
        return points[np.argsort(np.arctan2(*(points - middle).T[::-1]))]

    plane = cv2.getPerspectiveTransform(ordered(first), ordered(second))
    faces = [detector.detect(p)[0] for p in pictures]
    moved = cv2.perspectiveTransform(faces[0].landmarks[None], plane)[0]
    assert np.abs(moved - faces[1].landmarks).max() < 4


def test_the_face_on_a_photograph_is_detected_with_certainty(detector):
    demo = camera()
    demo.cue(DemoScene(0, photograph=True))
    for wait in (1.5, 0.5, 0.5):
        assert detector.detect(after(demo, wait))[0].probability > 0.98


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_picture_is_marked_demo(mirrored):
    demo = camera(mirrored_mark=mirrored, show=(Act(DemoScene(None), 1.0),))
    image = demo.read()
    bare = draw_corridor(noise_seed=0)
    changed = np.argwhere(np.abs(image.astype(int) - bare).max(axis=2) > 12)
    assert changed.min(0)[0] > 430 and changed.min(0)[1] > 540  # a corner
    field = image[430:, 540:]
    flipped = camera(mirrored_mark=not mirrored, show=(Act(DemoScene(None), 1.0),)).read()[
        430:, 540:
    ]
    assert (field > 200).any() and (field != flipped).any()
