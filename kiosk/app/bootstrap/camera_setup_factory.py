"""Build what looks how the camera hangs, with a detector of its own."""

from __future__ import annotations

from kiosk.app.bootstrap.pipeline_factory import min_face_size, network_threads
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.frames import BGRImage
from kiosk.services.camera_setup_service import CameraSetupService, FindFace, SeenFace
from kiosk.vision.detection.face_quality import estimate_pose
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.pipeline import CERTAIN, Detector, main_face, people_among


def build_camera_setup(config: Config) -> CameraSetupService:
    """Load the detector; raises ``WeightsError`` if a file is missing or damaged."""
    return CameraSetupService(person_finder(config))


def person_finder(config: Config) -> FindFace:
    """Load the detector and return what finds a person. Raises as ``build_camera_setup``."""
    detector = load_mtcnn(
        Manifest.load(paths.MANIFEST),
        threads=network_threads(config),
        min_face_size=min_face_size(config),
    )
    return lambda image: find_person(detector, image)


def find_person(detector: Detector, image: BGRImage) -> SeenFace | None:
    """Return the face of the person before the camera, if one is certain."""
    height, width = image.shape[:2]
    face = main_face(people_among(detector.detect(image), CERTAIN), (width, height))
    if face is None:
        return None
    yaw, _, roll = estimate_pose(face.landmarks)
    return SeenFace(yaw, roll, face.probability)
