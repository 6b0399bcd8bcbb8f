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
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.pipeline import FacePipeline
from kiosk.vision.recognition.embedder import load_embedder


def network_threads(config: Config) -> int:
    """Threads for the networks: as configured, else four at most, with a core left to the screen where there are more than two.

    On two cores the screen needs a tenth of one, and the networks' threads sleep while there is nothing to do.
    """
    cores = os.cpu_count() or 2
    return config.recognition.threads or max(1, min(4, cores if cores <= 2 else cores - 1))


def build_pipeline(config: Config, *, stills: bool = False) -> FacePipeline:
    """Detector and embedder from the manifest; raises ``WeightsError`` where a file is missing or wrong.

    ``stills``: for photographs, which a face may fill, and not a camera's frames: nobody there stands too close.
    """
    manifest = Manifest.load(paths.MANIFEST)
    threads = network_threads(config)
    detector = load_mtcnn(manifest, threads=threads, min_face_size=min_face_size(config))
    embedder = load_embedder(manifest, config.recognition.embedder, threads)
    if stills:
        return FacePipeline(
            PaddedDetector(detector),
            embedder,
            assess,
            replace(config.quality, max_face_share=math.inf),
        )
    following = DetectionCache(detector, config.recognition.local_search_frames)
    return FacePipeline(following, embedder, assess, config.quality, following.scene_changed)


def check_weights(config: Config) -> None:
    """Raise ``WeightsError`` now, not on the screen later, where a network is missing or wrong."""
    manifest = Manifest.load(paths.MANIFEST)
    for name in ("pnet", "rnet", "onet"):
        manifest.entry(name).verify()
    manifest.choose(config.recognition.embedder).verify()


def min_face_size(config: Config) -> int:
    """Smallest face worth finding: a little smaller than what quality asks for, so that "come closer" can be said.

    MTCNN's boxes are 2.2 to 2.5 times as wide as the eyes are apart.
    """
    return max(20, int(config.quality.min_eye_distance * 2))
