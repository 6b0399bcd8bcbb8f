"""The network against presentation attacks: its shape, its training, its samples and its export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from kiosk.core.errors import LearningError
from kiosk.learning.attacks.recapture import PAPER, SCREEN
from kiosk.learning.data.appearance_samples import FoundFace, Samples, shown_by_cameras
from kiosk.learning.data.camera_looks import camera_look, face_region, recaptured, varied_medium
from kiosk.learning.networks.appearance_export import export_appearance
from kiosk.learning.networks.minifasnet import SIDE, MiniFASNet, load_minifasnet
from kiosk.learning.training.appearance_training import (
    AppearanceSettings,
    BalancedDraw,
    genuine_scores,
    train_appearance,
)
from kiosk.vision.detection.alignment import TEMPLATES
from kiosk.vision.liveness.appearance_network import OnnxAppearance
from kiosk.vision.models.manifest import ModelEntry

pytestmark = pytest.mark.slow

POINTS = TEMPLATES["face_80"][1]


def small_state() -> dict[str, torch.Tensor]:
    """Weights named and shaped as the published ones, with few channels."""
    torch.manual_seed(3)
    shapes: dict[str, tuple[int, ...]] = {"conv1": (4, 3, 3, 3), "conv2_dw": (4, 1, 3, 3)}
    into = 4
    for down, row, out, blocks in (
        ("conv_23", "conv_3", 4, 2),
        ("conv_34", "conv_4", 6, 1),
        ("conv_45", "conv_5", 6, 1),
    ):
        names = [down, *(f"{row}.model.{i}" for i in range(blocks))]
        for name in names:
            shapes |= {
                f"{name}.conv": (5, into, 1, 1),
                f"{name}.conv_dw": (5, 1, 3, 3),
                f"{name}.project": (out, 5, 1, 1),
            }
            into = out
    shapes |= {"conv_6_sep": (8, 6, 1, 1), "conv_6_dw": (8, 1, 5, 5)}
    state = {f"{name}.conv.weight": torch.zeros(shape) for name, shape in shapes.items()}
    state |= {"linear.weight": torch.zeros(7, 8), "prob.weight": torch.zeros(3, 7)}
    return dict(MiniFASNet(state).state_dict())


def samples(count: int = 40) -> Samples:
    """Return bright genuine faces and dark attacks."""
    rng = np.random.default_rng(1)
    genuine = np.arange(count) % 2 == 0
    patches = rng.integers(0, 60, (count, SIDE, SIDE, 3)) + 150 * genuine[:, None, None, None]
    source = np.where(genuine, "clip", np.where(np.arange(count) % 4 == 1, "print", "screen"))
    return Samples(patches.astype(np.uint8), genuine, source)


def test_the_widths_come_from_the_file(tmp_path: Path) -> None:
    state = small_state()
    file = tmp_path / "small.pth"
    torch.save({f"module.{key}": value for key, value in state.items()}, file)
    network = load_minifasnet(file)
    assert sum(p.numel() for p in network.parameters()) < 2000
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, SIDE, SIDE)).shape == (2, 3)
    assert torch.equal(network.state_dict()["conv1.conv.weight"], state["conv1.conv.weight"])


@pytest.mark.parametrize("content", [b"no weights", b""])
def test_a_file_without_such_a_network_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.pth"
    file.write_bytes(content)
    with pytest.raises(LearningError, match="holds no MiniFASNetV2"):
        load_minifasnet(file)
    torch.save({"weight": torch.zeros(3)}, file)
    with pytest.raises(LearningError, match="holds no MiniFASNetV2"):
        load_minifasnet(file)


def test_training_learns_to_tell_attacks_and_the_export_says_the_same(tmp_path: Path) -> None:
    network = MiniFASNet(small_state())
    network.load_state_dict(small_state())
    found = samples()
    losses: list[float] = []
    trained = train_appearance(
        network,
        found,
        AppearanceSettings(steps=100, batch=8, lr=0.01, warmup=5, mean=0.9),
        lambda step, loss, mean: losses.append(loss),
    )
    scores = genuine_scores(trained, found)
    assert len(losses) == 2 and losses[1] < losses[0]
    assert scores[found.genuine].min() > scores[~found.genuine].max()
    file = export_appearance(trained, tmp_path / "appearance.onnx")
    entry = ModelEntry(
        id="appearance",
        kind="liveness",
        file=file.name,
        url="https://example.org/a.onnx",
        mean=(0.0, 0.0, 0.0),
        scale=1.0,
        channels="bgr",
        root=tmp_path,
    )
    entry.install(file.read_bytes())
    kiosk = OnnxAppearance(entry)
    for row in (0, 1):
        assert kiosk.score(found.patches[row], POINTS) == pytest.approx(scores[row], abs=0.02)


def test_each_source_is_drawn_as_often_whatever_its_number_of_faces() -> None:
    genuine = np.array([True] * 90 + [True] * 10 + [False] * 2)
    source = np.array(["clip"] * 90 + ["drawn"] * 10 + ["print"] * 2)
    found = Samples(np.zeros((102, SIDE, SIDE, 3), np.uint8), genuine, source)
    rows = BalancedDraw(found, seed=1).rows(2000)
    assert genuine[rows].mean() == 0.5
    assert (source[rows] == "drawn").mean() == pytest.approx(0.25, abs=0.05)


# what the network learns from


def face(size: int = 300) -> FoundFace:
    rng = np.random.default_rng(2)
    image = np.full((size, size, 3), 120, np.uint8) + rng.integers(0, 40, (size, size, 3), np.uint8)
    return FoundFace(image, POINTS * 1.6 + 70, True, "kim", "clip")


def test_genuine_faces_are_recaptured_and_attacks_are_not() -> None:
    one = face()
    attack = FoundFace(one.image, one.landmarks, False, "kim", "print")
    found = shown_by_cameras([one, attack], 3, np.random.default_rng(1), recaptures=2)
    assert found.patches.shape == (3 + 2 + 3, SIDE, SIDE, 3)
    assert list(found.genuine) == [True] * 3 + [False] * 5
    assert list(found.source) == ["clip"] * 3 + ["recaptured"] * 2 + ["print"] * 3


def test_the_same_face_looks_different_before_each_camera() -> None:
    one = face()
    rng = np.random.default_rng(4)
    looks = [camera_look(one.image, one.landmarks, rng) for _ in range(4)]
    assert all(look is not None and look.shape == (SIDE, SIDE, 3) for look in looks)
    assert len({look.tobytes() for look in looks if look is not None}) == 4


def test_the_region_around_a_face_keeps_its_landmarks() -> None:
    one = face()
    image = one.image.copy()
    x, y = one.landmarks[2].round().astype(int)
    image[y, x] = (1, 2, 3)
    region, points = face_region(image, one.landmarks)
    x, y = points[2].round().astype(int)
    assert tuple(region[y, x]) == (1, 2, 3) and region.size < image.size


@pytest.mark.parametrize("medium", [PAPER, SCREEN])
def test_a_recaptured_face_stays_in_its_place(medium) -> None:
    one = face()
    bright = one.image.copy()
    bright[:150] = 220
    rng = np.random.default_rng(5)
    again = recaptured(bright, one.landmarks, rng)
    assert again.shape == bright.shape and again[:140].mean() > again[160:].mean() + 20
    varied = varied_medium(medium, rng)
    assert varied != medium and (varied.moire > 0) == (medium.moire > 0)
