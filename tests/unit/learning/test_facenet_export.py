"""FaceNet as ONNX gives what torch gives, whatever its weights."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch

from kiosk.core.errors import WeightsError
from kiosk.learning.networks.facenet_export import export_facenet
from kiosk.learning.networks.torchvision_compat import ensure_torchvision
from kiosk.vision.models.manifest import ModelEntry


def entry(root) -> ModelEntry:
    return ModelEntry(
        id="facenet",
        kind="embedder",
        file="cache/facenet.onnx",
        download="cache/facenet.pt",
        url="http://127.0.0.1/",
        input=160,
        alignment="box",
        scale=128.0,
        dimension=512,
        root=root,
    )


@pytest.mark.filterwarnings("ignore")
def test_the_exported_network_agrees_with_torch(tmp_path):
    ensure_torchvision()
    from facenet_pytorch import InceptionResnetV1

    torch.manual_seed(0)
    network = InceptionResnetV1(pretrained=None, classify=False).eval()
    (tmp_path / "cache").mkdir()
    torch.save(
        {
            **network.state_dict(),
            "logits.weight": torch.zeros(8631, 512),
            "logits.bias": torch.zeros(8631),
        },
        tmp_path / "cache/facenet.pt",
    )
    path = export_facenet(entry(tmp_path))
    faces = np.random.default_rng(0).normal(size=(2, 3, 160, 160)).astype(np.float32)
    ours = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(
        None, {"face": faces}
    )[0]
    with torch.inference_mode():
        theirs = network(torch.from_numpy(faces)).numpy()
    assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.parametrize(
    "saved",
    [{"weight": torch.zeros(3)}, [1, 2], None],
    ids=["other weights", "a list", "a web page"],
)
def test_another_file_is_refused(tmp_path, saved):
    (tmp_path / "cache").mkdir()
    if saved is None:
        (tmp_path / "cache/facenet.pt").write_text("<html>not found</html>")
    else:
        torch.save(saved, tmp_path / "cache/facenet.pt")
    with pytest.raises(WeightsError, match="does not hold FaceNet"):
        export_facenet(entry(tmp_path))


def test_a_file_that_was_not_fetched_says_how(tmp_path):
    with pytest.raises(WeightsError, match="weights fetch facenet"):
        export_facenet(entry(tmp_path))
