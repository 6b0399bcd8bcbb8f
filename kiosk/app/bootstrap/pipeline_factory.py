"""Build detector and embedder from the manifest, as the settings say."""

from __future__ import annotations

import math
import os
from dataclasses import replace

from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.vision.detection.detection_cache import DetectionCache
from kiosk.vision.detection.detector_padding import PaddedDetector
from kiosk.vision.detection.face_quality import assess
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.detection.standing_faces import StandingFaces
from kiosk.vision.liveness.appearance_network import (
    NETWORK,
    AppearanceNetwork,
    load_appearance,
)
from kiosk.vision.liveness.eye_openness import NETWORK as EYE_NETWORK
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.photograph_pipeline import PhotographPipeline
from kiosk.vision.pipeline import FacePipeline
from kiosk.vision.recognition.embedder import load_embedder


def network_threads(config: Config) -> int:
    """Return the number of threads for the networks: as configured, else at most four.

    With more than two cores, one is left to the screen. On two, it needs a tenth of one.
    """
    cores = os.cpu_count() or 2
    return config.recognition.threads or max(1, min(4, cores if cores <= 2 else cores - 1))


def build_photograph_pipeline(config: Config) -> PhotographPipeline:
    """Load detector and embedder for photographs; raises ``WeightsError`` as ``build_pipeline``.

    A face may fill them, so that none is too close, and they must be upright.
    """
    manifest = Manifest.load(paths.MANIFEST)
    threads = network_threads(config)
    detector = PaddedDetector(
        load_mtcnn(manifest, threads=threads, min_face_size=min_face_size(config))
    )
    embedder = load_embedder(manifest, config.recognition.embedder, threads)
    quality = replace(config.quality, max_face_share=math.inf)
    return PhotographPipeline(detector, embedder, assess, quality)


def build_pipeline(config: Config) -> FacePipeline:
    """Load detector and embedder; raises ``WeightsError`` if a file is missing or damaged."""
    manifest = Manifest.load(paths.MANIFEST)
    threads = network_threads(config)
    detector = load_mtcnn(manifest, threads=threads, min_face_size=min_face_size(config))
    embedder = load_embedder(manifest, config.recognition.embedder, threads)
    detector_with_cache = DetectionCache(detector, config.recognition.local_search_frames)
    return FacePipeline(
        detector_with_cache,
        embedder,
        assess,
        config.quality,
        detector_with_cache.scene_changed,
        StandingFaces(),
    )


def check_weights(config: Config) -> None:
    """Raise ``WeightsError`` if a network is missing or damaged, before the screen opens."""
    manifest = Manifest.load(paths.MANIFEST)
    for name in ("pnet", "rnet", "onet"):
        manifest.entry(name).verify()
    manifest.choose(config.recognition.embedder).verify()
    if uses_appearance(config):
        manifest.entry(NETWORK).verify()
    if uses_eyes(config):
        manifest.entry(EYE_NETWORK).verify()


def uses_eyes(config: Config) -> bool:
    """Return whether the settings ask for the network that tells open eyes from shut ones."""
    return config.liveness.enabled and config.liveness.eyes_open


def uses_appearance(config: Config) -> bool:
    """Return whether the settings ask for the network against presentation attacks."""
    return config.liveness.enabled and config.liveness.appearance != "off"


def build_appearance(config: Config) -> AppearanceNetwork | None:
    """Load the network against presentation attacks if it is asked for.

    Raises ``WeightsError`` if its file is missing or damaged.
    """
    return load_appearance(Manifest.load(paths.MANIFEST)) if uses_appearance(config) else None


def min_face_size(config: Config) -> int:
    """Return the smallest face to detect, in pixels.

    It is a little smaller than the quality check accepts, so that the screen can say "come closer".

    MTCNN's boxes are 2.2 to 2.5 times as wide as the eyes are apart.
    """
    return max(20, int(config.quality.min_eye_distance * 2))
