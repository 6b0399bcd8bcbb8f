"""All checks together on drawn people: every check must pass."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.config import Config, LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.frames import BGRImage, Observation
from kiosk.core.view_models import Turn
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.demo.synthetic_faces.printed_photo import paint_photograph
from kiosk.vision.detection.face_quality import assess
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.liveness.liveness_decision import Liveness
from kiosk.vision.models.manifest import Manifest

pytestmark = pytest.mark.slow

FPS = 15
CONFIG = LivenessConfig()
SHORT_TURNS = replace(CONFIG, turn_s=2.0)
"""Long enough for those who turn as requested."""
Show = Callable[[float, Turn | None], BGRImage]


@cache
def detector():
    return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=60)


def observe(image: BGRImage, at: float, who: int = 1) -> Observation:
    faces = detector().detect(image)
    if not faces:
        return Observation(at, (640, 480), image=image)
    quality = assess(image, faces[0], faces[:1], image[100:300, 200:400], Config().quality)
    embedding = np.eye(8, dtype=np.float32)[who]
    return Observation(at, (640, 480), tuple(faces[:1]), faces[0], quality, embedding, "net", image)


@cache
def seen(show: Show, number: int) -> Observation:
    """Return what is seen in frame ``number`` of ``show`` when nothing is asked for."""
    return observe(show(number / FPS, None), 0.0)


def frames(show: Show, seconds: float, began: float = 10.0) -> Iterator[tuple[float, Observation]]:
    for number in range(round(seconds * FPS)):
        now = began + number / FPS
        yield now, replace(seen(show, number), captured_at=now)


def new_liveness(config: LivenessConfig = CONFIG, *, known: bool = True, seed: int = 1) -> Liveness:
    liveness = Liveness(config, random.Random(seed), max_jump=1.0)
    for number in range(12 if known else 0):
        liveness.learn(
            Observation(number * 0.3, (640, 480), image=draw_corridor(noise_seed=number)),
            number * 0.3,
        )
    return liveness


@cache
def looking_around(who: int) -> Show:
    return lambda t, asked: draw_person(
        CAST[who].looks,
        height=190,
        yaw=0.16 * math.sin(2.5 * t),
        pitch=0.05 * math.sin(3 * t),
        noise_seed=int(t * 100) % 31,
    )


@cache
def held_photograph(who: int) -> Show:
    def show(t: float, asked: Turn | None) -> BGRImage:
        image = draw_corridor(noise_seed=int(t * 100) % 31)
        paint_photograph(
            image,
            CAST[who].looks,
            centre=(320 + 6 * math.sin(2 * t), 240),
            height=370,
            tilt=0.05 * math.sin(1.7 * t),
            lean=0.06 * math.sin(2.5 * t),
            turn=0.05 * math.sin(2.1 * t),
        )
        return image

    return show


@cache
def standing_still(height: float = 190, yaw: float = 0.0) -> Show:
    return lambda t, asked: draw_person(
        CAST[1].looks, height=height, yaw=yaw, noise_seed=int(t * 100) % 31
    )


def watch(liveness: Liveness, show: Show, seconds: float = 1.6) -> float:
    now = 0.0
    for now, one in frames(show, seconds):
        liveness.observe(one, 7, now)
    return now


@pytest.mark.parametrize("who", range(MEMBERS))
def test_a_turning_head_in_the_known_place_passes_and_a_photograph_is_refused(who):
    liveness = new_liveness()
    now = watch(liveness, looking_around(who))
    assert liveness.passed(7, now) and liveness.refusal(now) is None and liveness.score == 1.0
    assert not liveness.passed(8, now), "the track is of another person"
    liveness = new_liveness()
    now = watch(liveness, held_photograph(who))
    assert (
        liveness.refusal(now) is Reason.SCREEN_OR_PRINT
        and not liveness.passed(7, now)
        and liveness.score < 0.7
    )


def test_quick_motion_does_not_pass_before_a_border_could_be_seen():
    liveness = new_liveness()
    passed = []
    score = []
    for now, one in frames(lambda t, asked: looking_around(1)(2.5 * t, asked), 1.0):
        liveness.observe(one, 7, now)
        passed.append(liveness.passed(7, now))
        score.append(liveness.score)
    assert score[5] == 1.0 and not any(passed[:7]) and passed[-1]


def test_an_occasional_border_leads_to_a_challenge(monkeypatch):
    for every, passes in ((2, False), (5, True)):
        looks = iter(range(100))
        monkeypatch.setattr(
            "kiosk.vision.liveness.checks.screen_edges.edge_support",
            lambda *_, every=every, looks=looks: float(next(looks) % every == 0),
        )
        liveness = new_liveness()
        now = watch(liveness, looking_around(0))
        assert liveness.refusal(now) is None and liveness.passed(7, now) is passes


def test_a_single_repeated_picture_leads_to_a_challenge():
    liveness = new_liveness()
    images = [looking_around(0)(number / FPS, None) for number in range(20)]
    for number in range(21):
        liveness.observe(observe(images[number % 20], 10 + number / FPS), 7, 10 + number / FPS)
        assert liveness.refusal(10 + number / FPS) is None
        if number == 19:
            assert liveness.passed(7, 10 + number / FPS)
    assert not liveness.passed(7, 10 + 20 / FPS)


def test_in_an_unknown_place_natural_motion_does_not_pass():
    liveness = new_liveness(known=False)
    assert not liveness.passed(7, watch(liveness, looking_around(0)))


def test_a_still_head_does_not_pass_without_a_challenge():
    liveness = new_liveness()
    now = watch(liveness, standing_still())
    assert not liveness.passed(7, now) and liveness.refusal(now) is None and liveness.score < 0.5


def test_a_large_face_needs_less_of_a_turn():
    def score(height: float) -> float:
        liveness = new_liveness()
        watch(
            liveness,
            lambda t, asked: draw_person(
                CAST[1].looks,
                height=height,
                yaw=0.03 * math.sin(2.5 * t),
                noise_seed=int(t * 100) % 31,
            ),
        )
        return liveness.score

    assert score(210) > 1.5 * score(100)


def test_the_straight_pose_comes_from_frames_with_a_recognised_person():
    liveness = new_liveness()
    now = 0.0
    for now, one in frames(looking_around(1), 1.0):
        liveness.observe(one, 7, now)
    pose = np.median(np.array(liveness._parallax._poses), axis=0)
    for now, one in frames(standing_still(yaw=0.4), 0.6, began=11.0):
        liveness.observe(one, None, now)
    assert np.array_equal(np.median(np.array(liveness._parallax._poses), axis=0), pose)


def test_challenge_always_passes_nobody_by_natural_motion():
    liveness = new_liveness(replace(CONFIG, challenge="always"))
    assert (
        not liveness.passed(7, watch(liveness, looking_around(0)))
        and liveness.wait_s == 0
        and liveness.asks
    )


def test_repeated_pictures_are_refused_whatever_they_show():
    loop = [looking_around(0)(number / FPS, None) for number in range(8)]
    liveness = new_liveness()
    now = watch(liveness, lambda t, asked: loop[round(t * FPS) % 8])
    assert liveness.refusal(now) is Reason.FROZEN_PICTURE and not liveness.passed(7, now)


def test_another_face_in_the_same_place_is_refused():
    liveness = new_liveness()
    now = 0.0
    for now, one in frames(looking_around(0), 1.6):
        liveness.observe(
            one if now < 10.8 else replace(one, embedding=np.eye(8, dtype=np.float32)[3]), 7, now
        )
    assert liveness.refusal(now) is Reason.IDENTITY_CHANGED
    liveness.reset()
    assert liveness.refusal(now) is None


def test_the_motion_of_a_stranger_does_not_count_for_the_next_face():
    liveness = new_liveness()
    now = 0.0
    for now, one in frames(looking_around(1), 1.0):
        liveness.observe(one, None, now)
    assert liveness.score == 0.0
    for now, one in frames(standing_still(), 1.6, began=11.0):
        liveness.observe(one, 7, now)
    assert liveness.score < 0.5 and not liveness.passed(7, now)


def challenge(
    liveness: Liveness, show: Show, seconds: float = 9.0, turns_by: int = 7
) -> tuple[Reason | None, bool]:
    """Challenge after a second; return why it failed and whether it passed."""
    now = 10.0
    asked = None
    for number in range(round(seconds * FPS)):
        now = 10.0 + number / FPS
        if number == FPS:
            liveness.challenge(7, now)
        liveness.observe(
            observe(show(number / FPS, asked), now),
            7 if number < FPS or asked is None else turns_by,
            now,
        )
        view = liveness.challenge_view(now)
        asked = view.turn if view else None
        failed = liveness.challenge_failed(now) or (liveness.refusal(now) if number > FPS else None)
        if failed or liveness.challenge_passed(7):
            return failed, failed is None
    return None, False


def following(who: int) -> Show:
    state = {"yaw": 0.0, "pitch": 0.0}

    def show(t: float, asked: Turn | None) -> BGRImage:
        goal = {
            Turn.LEFT: (0.38, 0.0),
            Turn.RIGHT: (-0.38, 0.0),
            Turn.UP: (0.0, -0.34),
            None: (0.0, 0.0),
        }[asked]
        state["yaw"] += 0.3 * (goal[0] - state["yaw"])
        state["pitch"] += 0.3 * (goal[1] - state["pitch"])
        return draw_person(
            CAST[who].looks,
            height=190,
            yaw=state["yaw"],
            pitch=state["pitch"],
            noise_seed=int(t * 100) % 31,
        )

    return show


@pytest.mark.parametrize("who", range(MEMBERS))
def test_turning_as_requested_passes_even_in_an_unknown_place(who):
    assert challenge(new_liveness(SHORT_TURNS, known=False, seed=who), following(who)) == (
        None,
        True,
    )


def test_turning_as_requested_passes_in_the_known_place():
    assert challenge(new_liveness(seed=5), following(0)) == (None, True)


@pytest.mark.parametrize("other", [8, None])
def test_turns_of_another_person_do_not_count(other):
    failed, passed = challenge(new_liveness(known=False), following(1), turns_by=other)
    assert failed in (Reason.IDENTITY_CHANGED, Reason.CHALLENGE_FAILED) and not passed


def test_a_photograph_fails_the_challenge_in_an_unknown_place():
    failed, passed = challenge(new_liveness(known=False), held_photograph(0))
    assert failed in (Reason.CHALLENGE_FAILED, Reason.FLAT_PICTURE) and not passed


def with_foreign_wall(image: BGRImage) -> BGRImage:
    image = image.copy()
    wall = np.array((90, 60, 60), np.uint8)
    around = np.abs(image.astype(int) - draw_corridor(noise_seed=None)).max(axis=-1) < 14
    box = np.zeros(around.shape, bool)
    box[:420, 150:490] = True
    image[around & box] = wall
    return image


def test_turning_in_front_of_a_foreign_wall_is_refused():
    turning = following(1)
    failed, passed = challenge(
        new_liveness(), lambda t, asked: with_foreign_wall(turning(t, asked)), seconds=12.0
    )
    assert failed is Reason.SCREEN_OR_PRINT and not passed


def test_a_background_hidden_only_during_the_turns_is_accepted():
    turning = following(1)
    assert challenge(
        new_liveness(),
        lambda t, asked: with_foreign_wall(turning(t, asked)) if asked else turning(t, asked),
        seconds=12.0,
    ) == (None, True)
