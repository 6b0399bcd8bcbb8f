"""Where a training begins, by what is given and what is there."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from kiosk.core import paths
from kiosk.core.errors import LearningError
from kiosk.learning.networks.siamese import NetworkSpec, SiameseNetwork
from kiosk.learning.networks.starting_points import RANDOM, default_start, facts_of, start_of
from kiosk.learning.networks.torchvision_compat import ensure_torchvision
from kiosk.vision.models.manifest import Manifest

FAST = str((paths.WEIGHTS / "siamese-mobilenet.onnx").resolve())


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory):
    """A state file laid out as torchvision's, with other numbers."""
    ensure_torchvision()
    from torchvision.models import mobilenet_v3_large

    torch.manual_seed(7)
    file = tmp_path_factory.mktemp("imagenet") / "mobilenet_v3_large-0000.pth"
    torch.save(mobilenet_v3_large(weights=None).state_dict(), file)
    return file


def manifest_with(cache) -> Manifest:
    manifest = Manifest.load(paths.MANIFEST)
    return Manifest(tuple(dataclasses.replace(e, cache=cache) for e in manifest.entries))


def test_it_begins_with_imagenet_where_that_was_fetched_and_else_with_the_fast_variant(tmp_path):
    manifest = manifest_with(tmp_path)
    fast = str(manifest.entry("siamese-mobilenet").path)
    assert default_start(None, None, manifest) == ("mobilenet_v3_faces", fast)
    assert default_start(None, 64, manifest) == ("mobilenet_v3_large", fast)
    assert default_start("mobilenet_v3_large", None, manifest) == ("mobilenet_v3_large", fast)
    assert default_start("resnet29", None, manifest) == ("resnet29", RANDOM)
    fetched = manifest.entry("mobilenet-v3-imagenet").path
    fetched.write_bytes(b"")
    assert default_start(None, None, manifest) == ("mobilenet_v3_large", str(fetched))
    assert default_start("mobilenet_v3_faces", None, manifest)[1] == fast


def test_torchvisions_own_file_gives_the_trunk(imagenet):
    facts = facts_of(str(imagenet))
    assert facts.spec.backbone == "mobilenet_v3_large" and not facts.complete
    start = start_of(NetworkSpec("mobilenet_v3_large", "16-8"), str(imagenet))
    state = torch.load(imagenet, weights_only=True)
    assert not start.complete and "ImageNet" in start.said and "16-8 is new" in start.said
    assert torch.equal(
        start.network.state_dict()["trunk.0.16.0.weight"], state["features.16.0.weight"]
    )
    with pytest.raises(LearningError, match="cannot start a resnet29"):
        start_of(NetworkSpec("resnet29"), str(imagenet))


def test_a_file_of_another_network_is_refused(imagenet, tmp_path):
    state = torch.load(imagenet, weights_only=True)
    state.pop("features.16.0.weight")
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(LearningError, match="as torchvision has it"):
        start_of(NetworkSpec("mobilenet_v3_large"), str(tmp_path / "other.pth"))


@pytest.mark.slow
def test_the_fast_variant_is_known_by_name_and_by_file_and_goes_on_as_it_is():
    assert facts_of("siamese-mobilenet") == facts_of(FAST)
    facts = facts_of(FAST)
    assert (facts.spec.backbone, facts.spec.head) == ("mobilenet_v3_faces", "512-256-256-128")
    assert facts.size == 128 and facts.threshold == pytest.approx(
        Manifest.load(paths.MANIFEST).entry("siamese-mobilenet").threshold
    )
    start = start_of(facts.spec, FAST)
    assert start.complete and start.folded
    other = start_of(NetworkSpec("mobilenet_v3_large", "16-8"), FAST)
    assert not other.complete
    mine, theirs = other.network.trunk.get_submodule("0"), start.network.trunk.get_submodule("0")
    for name, value in theirs.state_dict().items():
        assert torch.equal(mine.state_dict()[name], value), name


def test_random_weights_come_from_the_seed():
    spec = NetworkSpec("mobilenet_v3_large", "16-8")
    torch.manual_seed(3)
    found = start_of(spec, RANDOM)
    torch.manual_seed(3)
    plain = SiameseNetwork.of(spec)
    assert not found.complete and "random weights" in found.said
    assert torch.equal(found.network.head[0].weight, plain.head[0].weight)
