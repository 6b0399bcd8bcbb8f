"""The manifest: every bad line is named, every wrong checksum refused."""

from __future__ import annotations

import hashlib

import pytest

from kiosk import paths
from kiosk.errors import WeightsError
from kiosk.vision.manifest import Manifest

NET = '[[network]]\nid = "net"\nkind = "embedder"\nfile = "net.onnx"\n'


def load(tmp_path, text: str) -> Manifest:
    file = tmp_path / "MANIFEST.toml"
    file.write_text(text)
    return Manifest.load(file)


@pytest.mark.parametrize(("text", "says"), [
    ("", "must hold"),
    ("[[network]]\nid = 'a'\n", "lacks kind, file"),
    (NET + "colour = 'red'\n", "unknown key colour"),
    (NET + "input = 'big'\n", "net.input must be of type int"),
    (NET + "normalise = 1\n", "net.normalise must be of type bool"),
    (NET + "alignment = 'eyes'\n", "needs an alignment"),
    (NET + NET, "twice"),
    ("[[network\n", "cannot be read"),
])
def test_bad_manifests_say_what_is_wrong(tmp_path, text, says):
    with pytest.raises(WeightsError, match=says):
        load(tmp_path, text)


def test_a_wrong_checksum_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"changed")
    entry = load(tmp_path, NET + f'sha256 = "{hashlib.sha256(b"right").hexdigest()}"\n').entry("net")
    with pytest.raises(WeightsError, match="checksum"):
        entry.verify()
    with pytest.raises(WeightsError, match="checksum"):
        entry.install(b"also wrong")
    entry.install(b"right")
    assert entry.verify().read_bytes() == b"right"


def test_the_best_measured_network_that_is_here_is_the_default(tmp_path):
    text = NET + "measured = { rank = 0.5 }\n" + NET.replace("net", "net2", 1).replace('"net"', '"best"').replace("net.onnx", "best.onnx").replace("[[net2work]]", "[[network]]") + "measured = { rank = 0.9 }\n"
    manifest = load(tmp_path, text)
    with pytest.raises(WeightsError, match="No face network"):
        manifest.best_embedder()
    (tmp_path / "net.onnx").write_bytes(b"")
    assert manifest.best_embedder().id == "net"
    (tmp_path / "best.onnx").write_bytes(b"")
    assert manifest.best_embedder().id == "best"


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(WeightsError, match="use one of net"):
        load(tmp_path, NET).entry("nte")


def test_our_own_manifest_describes_every_network_in_full():
    manifest = Manifest.load(paths.MANIFEST)
    for entry in manifest.entries:
        assert entry.licence and entry.source and entry.title, entry.id
        assert entry.sha256 or entry.url, f"{entry.id} needs a checksum or an address to fetch it from"
        if entry.kind == "embedder":
            assert 0 < entry.threshold < entry.far, entry.id
