"""Embedders: real ones on the drawn cast, wrong ones refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from kiosk.core import paths
from kiosk.core.errors import WeightsError
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest, ModelEntry
from kiosk.vision.models.prepare.onnx_graph import Graph
from kiosk.vision.recognition.embedder import OnnxEmbedder, load_embedder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def manifest():
    return Manifest.load(paths.MANIFEST)


def embeddings(manifest, name):
    detector = load_mtcnn(manifest, min_face_size=40)
    embedder = load_embedder(manifest, name)
    people = []
    for actor in CAST[:5]:
        vectors = []
        for number, (yaw, pitch) in enumerate([(0, 0), (0.15, 0), (-0.15, 0.05), (0.05, -0.1)]):
            image = draw_person(actor.looks, yaw=yaw, pitch=pitch, noise_seed=number)
            vectors.append(embedder.embed([embedder.crop(image, detector.detect(image)[0])])[0])
        people.append(np.stack(vectors))
    return embedder.info, people


def test_the_default_embedder_tells_the_demo_cast_apart(manifest):
    info, people = embeddings(manifest, "auto")
    genuine = [np.linalg.norm(a - b) for vectors in people for a in vectors for b in vectors]
    impostor = [
        np.linalg.norm(a - b)
        for i, p in enumerate(people)
        for q in people[i + 1 :]
        for a in p
        for b in q
    ]
    assert max(genuine) < info.threshold, "a member of the cast is not recognised"
    assert min(impostor) > info.threshold + 0.05, "two of the cast are taken for one"


def test_embeddings_have_length_one_and_the_announced_dimension(manifest):
    info, people = embeddings(manifest, "siamese")
    assert people[0].shape == (4, info.dimension)
    assert np.allclose(np.linalg.norm(people[0], axis=1), 1, atol=1e-5)


def test_templates_are_marked_with_the_networks_own_checksum(tmp_path):
    first = OnnxEmbedder(entry_for(tmp_path, tiny(np.array([1.0, 2.0, 0, 0])))).info.id
    second = OnnxEmbedder(entry_for(tmp_path, tiny(np.array([2.0, 1.0, 0, 0])))).info.id
    assert first.partition("@")[0] == second.partition("@")[0] and first != second


def tiny(output: np.ndarray, size: int = 8) -> bytes:
    g = Graph("tiny")
    flat = g.node("Flatten", g.node("GlobalAveragePool", "face"), axis=1)
    g.node(
        "Identity",
        g.dense(flat, np.zeros((len(output), 3), np.float32), output.astype(np.float32)),
        output="embedding",
    )
    return g.build({"face": ["n", 3, size, size]}, {"embedding": ["n", len(output)]})


def entry_for(tmp_path, content: bytes, **facts) -> ModelEntry:
    (tmp_path / "net.onnx").write_bytes(content)
    facts = {"input": 8, "dimension": 4, "sha256": hashlib.sha256(content).hexdigest(), **facts}
    return ModelEntry(id="net", kind="embedder", file="net.onnx", root=tmp_path, **facts)


def test_a_network_of_ones_own_works_by_a_manifest_entry(tmp_path):
    embedder = OnnxEmbedder(entry_for(tmp_path, tiny(np.array([3.0, 4.0, 0, 0]))))
    assert np.allclose(embedder.embed([np.zeros((8, 8, 3), np.uint8)] * 2), [[0.6, 0.8, 0, 0]] * 2)
    assert embedder.embed([]).shape == (0, 4)


@pytest.mark.parametrize("output", [np.zeros(4), np.array([np.nan, 1, 1, 1])])
def test_a_network_that_gives_nonsense_is_refused(tmp_path, output):
    with pytest.raises(WeightsError, match="no usable numbers"):
        OnnxEmbedder(entry_for(tmp_path, tiny(output)))


def test_wrong_files_are_refused_with_what_to_do(tmp_path):
    good = tiny(np.ones(4))
    with pytest.raises(WeightsError, match="not 5 numbers"):
        OnnxEmbedder(entry_for(tmp_path, good, dimension=5))
    with pytest.raises(WeightsError, match="does not take 16×16"):
        OnnxEmbedder(entry_for(tmp_path, good, input=16))
    with pytest.raises(WeightsError, match="not a network"):
        OnnxEmbedder(entry_for(tmp_path, b"junk"))
    with pytest.raises(WeightsError, match="checksum"):
        OnnxEmbedder(entry_for(tmp_path, good, sha256="0" * 64))
    with pytest.raises(WeightsError, match="is a detector"):
        OnnxEmbedder(replace(entry_for(tmp_path, good), kind="detector"))
