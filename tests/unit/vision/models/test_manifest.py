"""The manifest: every invalid line is named, every wrong checksum refused."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.vision.models.manifest import Manifest

BARE = '[[network]]\nid = "net"\nkind = "embedder"\nfile = "net.onnx"\n'
NET = BARE + f'sha256 = "{"0" * 64}"\n'


def load(tmp_path, text: str) -> Manifest:
    file = tmp_path / "MANIFEST.toml"
    file.write_text(text)
    return Manifest.load(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must hold"),
        ("[[network]]\nid = 'a'\n", "lacks kind, file"),
        (NET + "colour = 'red'\n", "unknown key colour"),
        (NET + "input = 'big'\n", "net.input must be of type int"),
        (NET + "normalise = 1\n", "net.normalise must be of type bool"),
        (NET + "alignment = 'eyes'\n", "needs an alignment"),
        (NET + NET, "twice"),
        ("[[network\n", "cannot be read"),
        ("network = [1]\n", "tables and nothing else"),
        (NET.replace('"net"', '""'), "lacks id"),
        (NET.replace("embedder", "embeder"), "needs a kind"),
        (NET + "mean = 5\n", "net.mean must be of type"),
        (NET + "mean = ['a', 1, 1]\n", "net.mean must be of type"),
        (NET + "mean = [1.0]\n", "three numbers"),
        (NET + "scale = 0\n", "scale above 0"),
        (NET + "input = -3\n", "above 0"),
        (NET + "measured = 3\n", "net.measured must be of type"),
        (NET + "measured = { rank = 'best' }\n", "net.measured must be of type"),
        (NET + "threshold = inf\n", "net.threshold must be of type"),
        (NET + "threshold = nan\n", "net.threshold must be of type"),
        (NET + "threshold = -1\n", "threshold above 0"),
        (NET + "threshold = 1.0\nfar = 0.5\n", "far above the threshold"),
        (BARE + "sha256 = 'abc'\n", "64 digits"),
        (BARE + "url = 'http://somewhere/net.onnx'\n", "https"),
        (BARE, "needs a sha256, or a url"),
    ],
)
def test_invalid_manifests_name_the_error(tmp_path, text, says):
    with pytest.raises(WeightsError, match=says):
        load(tmp_path, text)


def test_a_wrong_checksum_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"changed")
    entry = load(tmp_path, BARE + f'sha256 = "{hashlib.sha256(b"right").hexdigest()}"\n').entry(
        "net"
    )
    with pytest.raises(WeightsError, match="checksum"):
        entry.verify()
    with pytest.raises(WeightsError, match="checksum"):
        entry.install(b"also wrong")
    entry.install(b"right")
    assert entry.verify().read_bytes() == b"right"


def test_without_a_published_checksum_the_first_one_is_required(tmp_path):
    entry = load(tmp_path, BARE + "url = 'https://somewhere/net.pt'\ndownload = 'net.pt'\n").entry(
        "net"
    )
    entry.install(b"exported")
    assert entry.verify().read_bytes() == b"exported"
    entry.path.write_bytes(b"exchanged")
    with pytest.raises(WeightsError, match=r"not .* as when it came"):
        entry.verify()


def test_a_file_that_cannot_be_written_gives_one_sentence_and_leaves_nothing(tmp_path):
    entry = load(
        tmp_path,
        NET.replace("net.onnx", "cache/net.onnx").replace(
            "0" * 64, hashlib.sha256(b"x").hexdigest()
        ),
    ).entry("net")
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="cannot be written"):
        entry.install(b"x")


def test_the_best_measured_network_at_hand_is_the_default(tmp_path):
    best = NET.replace('"net"', '"best"').replace("net.onnx", "best.onnx")
    manifest = load(
        tmp_path, NET + "measured = { rank = 0.5 }\n" + best + "measured = { rank = 0.9 }\n"
    )
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
        assert entry.sha256 or entry.url, (
            f"{entry.id} needs a checksum or an address to fetch it from"
        )
        if entry.kind == "embedder":
            assert 0 < entry.threshold < entry.far, entry.id


def test_networks_without_a_download_are_measured():
    for entry in Manifest.load(paths.MANIFEST).entries:
        if entry.kind == "embedder" and not entry.url:
            assert {
                "lfw_dev_accuracy",
                "lfw_dev_tar@far=1e-3",
                "asian_dev_tar@far=1e-3",
                "rank",
            } <= set(entry.measured), entry.id


def test_prepared_files_are_in_the_cache_folder(tmp_path):
    entry = load(tmp_path, NET.replace("net.onnx", "cache/net.onnx")).entry("net")
    assert entry.path == tmp_path / "cache" / "net.onnx"
    elsewhere = dataclasses.replace(entry, cache=tmp_path / "elsewhere")
    assert elsewhere.path == tmp_path / "elsewhere" / "net.onnx"
    assert elsewhere.locate("net.onnx") == tmp_path / "net.onnx"
