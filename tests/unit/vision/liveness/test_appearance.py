"""The look of a face: patches that the network sees, and the check that listens to it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from kiosk.core.config import LivenessConfig
from kiosk.core.decisions import Reason
from kiosk.core.errors import WeightsError
from kiosk.core.frames import BGRImage, Face, Points, Quality
from kiosk.core.templates import Vector
from kiosk.vision.detection.alignment import TEMPLATES
from kiosk.vision.liveness.appearance_network import (
    ALIGNMENT,
    SIDE,
    OnnxAppearance,
    face_patch,
)
from kiosk.vision.liveness.checks.appearance import INTERVAL_S, AppearanceCheck
from kiosk.vision.liveness.liveness_check import LOOK_AGE_S, TrackFrame
from kiosk.vision.liveness.liveness_decision import Liveness
from kiosk.vision.models.manifest import ModelEntry

PERSON = 3


class Looks:
    """Answers with what the test says, and counts the questions."""

    threshold = 0.5

    def __init__(self, *scores: float) -> None:
        self.scores = list(scores)
        self.asked = 0

    def score(self, image: BGRImage, landmarks: Points) -> float:
        self.asked += 1
        return self.scores.pop(0) if len(self.scores) > 1 else self.scores[0]


def frame() -> TrackFrame:
    landmarks = TEMPLATES[ALIGNMENT][1]
    face = Face(np.array([10, 10, 70, 70], np.float32), 0.999, landmarks)
    quality = Quality(42.0, 200.0, 120.0, 0.0, 0.0, 0.0)
    vector: Vector = np.eye(1, 8, dtype=np.float32)[0]
    return TrackFrame(np.zeros((80, 80, 3), np.uint8), face, quality, vector)


def shown(check: AppearanceCheck, looks: int, person: int | None = PERSON) -> float:
    """Show a face for so many looks, six frames for each; return the time."""
    now = 0.0
    for number in range(6 * (looks - 1) + 1):
        now = number * 1.01 * INTERVAL_S / 6
        check.observe(frame(), person, now)
    return now


def test_a_face_is_ready_once_enough_looks_are_those_of_a_person() -> None:
    network = Looks(0.9)
    check = AppearanceCheck(network, refuses=False)
    now = shown(check, 2)
    assert not check.ready(PERSON, now), "two looks are too few"
    check.reset(new_face=True)
    now = shown(check, 3)
    assert check.ready(PERSON, now)
    assert network.asked == 2 + 3, "the network is asked five times a second, not for every frame"


def test_one_odd_look_does_not_decide() -> None:
    check = AppearanceCheck(Looks(0.9, 0.1, 0.9), refuses=True)
    now = shown(check, 6)
    assert check.ready(PERSON, now) and check.refusal(now) is None


@pytest.mark.parametrize("refuses", [False, True])
def test_the_look_of_an_attack_is_never_ready_and_refused_only_where_that_is_set(
    refuses: bool,
) -> None:
    check = AppearanceCheck(Looks(0.1), refuses=refuses)
    now = shown(check, 6)
    assert not check.ready(PERSON, now)
    assert check.refusal(now) is (Reason.SCREEN_OR_PRINT if refuses else None)


def test_few_looks_refuse_nobody() -> None:
    check = AppearanceCheck(Looks(0.1), refuses=True)
    now = shown(check, 3)
    assert check.refusal(now) is None and not check.ready(PERSON, now)


def test_faces_of_nobody_are_not_looked_at() -> None:
    network = Looks(0.9)
    check = AppearanceCheck(network, refuses=False)
    now = shown(check, 6, person=None)
    assert network.asked == 0 and not check.ready(PERSON, now)


def test_looks_are_forgotten_with_the_track_and_after_a_while() -> None:
    check = AppearanceCheck(Looks(0.9), refuses=False)
    now = shown(check, 4)
    assert not check.ready(PERSON, now + LOOK_AGE_S + 0.1)
    check.reset(new_face=False)
    assert not check.ready(PERSON, now)


@pytest.mark.parametrize(("setting", "judged"), [("off", False), ("challenge", True)])
def test_the_setting_decides_whether_the_network_is_asked(setting: str, judged: bool) -> None:
    config = replace(LivenessConfig(), appearance=setting)
    liveness = Liveness(config, random.Random(1), max_jump=1.0, appearance=Looks(0.9))
    assert any(isinstance(check, AppearanceCheck) for check in liveness.checks) is judged
    assert len(liveness.checks) == 6 + judged, "it replaces no other check"


# what the network sees


def test_the_patch_puts_the_landmarks_where_the_network_expects_them() -> None:
    _, points = TEMPLATES[ALIGNMENT]
    for scale in (0.6, 1.0, 3.4):
        image = np.full((400, 400, 3), 90, np.uint8)
        landmarks = (points * scale + np.array([20, 30])).astype(np.float32)
        for x, y in landmarks:
            r = max(1, round(2 * scale))
            image[round(y) - r : round(y) + r + 1, round(x) - r : round(x) + r + 1] = 255
        patch = face_patch(image, landmarks)
        assert patch is not None and patch.shape == (SIDE, SIDE, 3)
        for x, y in points:
            around = patch[int(y) - 3 : int(y) + 5, int(x) - 3 : int(x) + 5]
            assert around.max() > 170, (scale, x, y)


def test_beyond_the_picture_the_patch_has_no_border() -> None:
    """A black corner would tell the network that the picture was cut there."""
    image = np.full((60, 60, 3), 200, np.uint8)
    patch = face_patch(image, TEMPLATES[ALIGNMENT][1] - 15)
    assert patch is not None and patch.min() == 200


def test_a_fine_pattern_on_a_large_face_becomes_grey_not_a_coarse_one() -> None:
    image = np.zeros((800, 800, 3), np.uint8)
    image[::2] = 255
    patch = face_patch(image, TEMPLATES[ALIGNMENT][1] * 9.1)
    assert patch is not None and np.ptp(patch[10:-10, 10:-10].astype(int)) < 60


@pytest.mark.parametrize("value", [7.0, float("nan"), float("inf")])
def test_useless_landmarks_give_no_patch(value: float) -> None:
    image = np.zeros((80, 80, 3), np.uint8)
    assert face_patch(image, np.full((5, 2), value, np.float32)) is None


# the network's file


def network_file(folder: Path, size: int = SIDE) -> ModelEntry:
    """Write a network whose answer is the mean of the blue channel."""
    first = helper.make_node("Split", ["face", "parts"], ["blue", "rest"], axis=1)
    mean = helper.make_node("ReduceMean", ["blue"], ["mean"], axes=[2, 3], keepdims=0)
    graph = helper.make_graph(
        [first, mean],
        "look",
        [helper.make_tensor_value_info("face", TensorProto.FLOAT, ["n", 3, size, size])],
        [helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["n", 1])],
        [helper.make_tensor("parts", TensorProto.INT64, [2], [1, 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content = model.SerializeToString()
    entry = ModelEntry(
        id="appearance",
        kind="liveness",
        file="look.onnx",
        url="https://example.org/look.onnx",
        mean=(0.0, 0.0, 0.0),
        scale=255.0,
        channels="bgr",
        threshold=0.5,
        root=folder,
    )
    entry.install(content)
    return entry


def test_the_score_is_the_networks_answer_to_the_patch(tmp_path: Path) -> None:
    network = OnnxAppearance(network_file(tmp_path))
    image = np.zeros((80, 80, 3), np.uint8)
    image[..., 0] = 102
    points = TEMPLATES[ALIGNMENT][1]
    assert network.score(image, points) == pytest.approx(0.4, abs=1e-3)
    assert network.threshold == 0.5
    assert network.score(image, np.full_like(points, 3)) == 0.0, "what cannot be seen is no person"


def test_another_network_is_refused_with_a_sentence(tmp_path: Path) -> None:
    entry = network_file(tmp_path, size=64)
    with pytest.raises(WeightsError, match="judges faces of 80×80"):
        OnnxAppearance(entry)
    with pytest.raises(WeightsError, match="not a network against"):
        OnnxAppearance(replace(entry, kind="embedder"))
    entry.path.write_bytes(b"no network")
    with pytest.raises(WeightsError, match="checksum"):
        OnnxAppearance(entry)
