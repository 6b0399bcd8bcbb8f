"""Networks converted without torch equal those that torch runs."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import torch

from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.vision.models import prepare
from kiosk.vision.models.checksums import sha256_of
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.models.prepare import build, in_package, prepare_all, resnet29_onnx, torch_file
from kiosk.vision.models.prepare.torch_file import read_state_dict


@pytest.mark.parametrize("name", ["pnet", "rnet", "onet"])
def test_tensors_are_read_as_torch_reads_them(name):
    path = in_package("facenet-pytorch", f"{name}.pt")
    ours = read_state_dict(path)
    theirs = torch.load(path, weights_only=True)
    assert set(ours) == set(theirs)
    assert all(np.array_equal(ours[key], theirs[key].numpy()) for key in ours)


def test_the_zip_format_and_views_are_read(tmp_path):
    whole = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    torch.save(
        {"turned": whole.T, "part": whole[1:3, 2:], "half": whole.half()}, tmp_path / "net.pt"
    )
    ours = read_state_dict(tmp_path / "net.pt")
    assert np.array_equal(ours["turned"], whole.T.numpy())
    assert np.array_equal(ours["part"], whole[1:3, 2:].numpy())
    assert np.array_equal(ours["half"], whole.numpy())


class Harmful:
    def __reduce__(self):
        return (print, ("this must never run",))


def test_a_file_that_would_run_code_is_refused(tmp_path, capsys):
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(WeightsError, match="not a readable torch state dict"):
        read_state_dict(tmp_path / "evil.pt")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x02K\x01."])
def test_broken_files_are_refused(tmp_path, content):
    (tmp_path / "net.pt").write_bytes(content)
    with pytest.raises(WeightsError):
        read_state_dict(tmp_path / "net.pt")


@pytest.mark.parametrize("recipe", ["pnet", "rnet", "onet", "dlib"])
def test_the_result_is_reproducible_and_has_the_checksum_of_the_manifest(recipe, tmp_path):
    content = build(recipe)
    (tmp_path / "net.onnx").write_bytes(content)
    assert sha256_of(tmp_path / "net.onnx") == Manifest.load(paths.MANIFEST).entry(recipe).sha256


def test_prepare_builds_what_is_missing_and_then_nothing(tmp_path):
    (tmp_path / "MANIFEST.toml").write_text(
        '[[network]]\nid = "p"\nkind = "detector"\nfile = "cache/p.onnx"\nrecipe = "pnet"\n'
        f'sha256 = "{Manifest.load(paths.MANIFEST).entry("pnet").sha256}"\n'
    )
    manifest = Manifest.load(tmp_path / "MANIFEST.toml")
    said: list[str] = []
    assert prepare_all(manifest, said.append) == [tmp_path / "cache/p.onnx"]
    assert prepare_all(manifest, said.append) == [] and said == ["preparing p"]


def test_nothing_heavy_is_imported_when_nothing_is_missing():
    code = (
        "import sys\n"
        "from kiosk.core import paths\n"
        "from kiosk.vision.models.manifest import Manifest\n"
        "from kiosk.vision.models.prepare import prepare_all\n"
        "assert prepare_all(Manifest.load(paths.MANIFEST), print) == []\n"
        "assert not {'onnx', 'onnxruntime', 'torch', 'cv2', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, check=True, timeout=60)


@pytest.mark.parametrize(
    "saved", [{"weight": torch.zeros(3)}, {"outer": {"weight": torch.zeros(3)}}, [torch.zeros(3)]]
)
def test_weights_of_another_network_are_refused(saved, tmp_path, monkeypatch):
    torch.save(saved, tmp_path / "rnet.pt")
    monkeypatch.setattr(prepare, "in_package", lambda package, name: tmp_path / name)
    with pytest.raises(WeightsError, match=r"rnet\.pt"):
        build("rnet")


@pytest.mark.parametrize(
    "view",
    [(0, (5,), (-1,)), (-2, (3,), (1,)), (0, (-1,), (1,)), (2, (3,), (1,)), (0, (2, 2), (3, 3))],
)
def test_a_tensor_outside_its_storage_is_refused(view):
    storage = torch_file._Storage(np.dtype("<f4"), 4)
    storage.values = np.arange(4, dtype=np.float32)
    with pytest.raises(ValueError, match="tensor"):
        torch_file._Tensor(storage, *view).array()


def test_a_missing_package_gives_a_remedy():
    with pytest.raises(WeightsError, match="make run"):
        in_package("no-such-package", "x")


def random_resnet() -> resnet29_onnx.Resnet29Weights:
    random = np.random.default_rng(1)
    layers = [
        resnet29_onnx.Layer(
            random.normal(0, (2 / (i * k * k)) ** 0.5, (o, i, k, k)).astype(np.float32),
            np.zeros(o, np.float32),
            random.uniform(0.8, 1.2, o).astype(np.float32),
            random.normal(0, 0.1, o).astype(np.float32),
        )
        for o, i, k in resnet29_onnx.shapes()
    ]
    return resnet29_onnx.Resnet29Weights(
        layers,
        random.normal(0, 0.1, (128, 256)).astype(np.float32),
        random.normal(0, 1, 128).astype(np.float32),
    )


def in_torch(network: resnet29_onnx.Resnet29Weights, x: torch.Tensor) -> torch.Tensor:
    from torch.nn import functional as f

    layers = iter(
        [tuple(torch.from_numpy(values) for values in layer.folded()) for layer in network.layers]
    )
    x = f.max_pool2d(f.relu(f.conv2d(x, *next(layers), stride=2)), 3, 2)
    for out, down in resnet29_onnx.BLOCKS:
        y = f.relu(f.conv2d(x, *next(layers), stride=2 if down else 1, padding=0 if down else 1))
        y = f.conv2d(y, *next(layers), padding=1)
        if down:
            x = f.avg_pool2d(x, 2)
            side = max(x.shape[-1], y.shape[-1])
            x = f.pad(x, (0, side - x.shape[-1], 0, side - x.shape[-1], 0, out - x.shape[1]))
            y = f.pad(y, (0, side - y.shape[-1], 0, side - y.shape[-1]))
        x = f.relu(x + y)
    return f.normalize(
        f.linear(x.mean((2, 3)), torch.from_numpy(network.head), torch.from_numpy(network.bias))
    )


@pytest.mark.slow
def test_the_residual_network_equals_the_one_in_torch():
    network = random_resnet()
    faces = np.random.default_rng(2).normal(size=(2, 3, 150, 150)).astype(np.float32)
    session = onnxruntime.InferenceSession(
        resnet29_onnx.to_onnx(network, normalise=True), providers=["CPUExecutionProvider"]
    )
    ours = session.run(None, {"face": faces})[0]
    assert np.abs(ours - in_torch(network, torch.from_numpy(faces)).numpy()).max() < 1e-4


def test_another_file_is_refused_as_residual_network(tmp_path):
    (tmp_path / "other.dat").write_bytes(b"con_4 affine_ nothing")
    with pytest.raises(WeightsError):
        resnet29_onnx.read_dlib(tmp_path / "other.dat")
