"""Embeds folders of people who came in several sessions, and folders that fill a gallery."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kiosk.core.errors import LearningError
from kiosk.learning.data.face_folders import find_people
from kiosk.learning.evaluation.evaluator import Embedded, Settings, embed_pictures
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.learning.evaluation.session_faces import SessionFaces
from kiosk.vision.pipeline import Detector


def embedded_sessions(
    root: Path, network: Network, detector: Detector, settings: Settings
) -> tuple[SessionFaces, Embedded]:
    """Embed ``root/PERSON/SESSION/picture``; the second names the picture of each row.

    Raise ``LearningError`` where pictures are not sorted by session, or none shows a face.
    """
    pictures = find_people(root)
    if not all("/" in picture.person for picture in pictures):
        raise LearningError(
            f"{root} must hold a folder for each person with a folder for each session in it; "
            "sort the pictures by session."
        )
    embedded = embed_pictures(root, pictures, network, detector, settings)
    if not embedded.pictures:
        raise LearningError(f"No picture in {root} shows a face; give pictures that do.")
    split = [picture.person.rpartition("/") for picture in embedded.pictures]
    faces = SessionFaces(
        embedded.vectors.astype(np.float64),
        np.array([person for person, _, _ in split]),
        np.array([session for _, _, session in split]),
    )
    return faces, embedded


def embedded_people(
    root: Path, network: Network, detector: Detector, settings: Settings
) -> SessionFaces:
    """Embed ``root/PERSON/picture``, without sessions."""
    embedded = embed_pictures(root, find_people(root), network, detector, settings)
    people = np.array([picture.person for picture in embedded.pictures], np.str_)
    return SessionFaces(embedded.vectors.astype(np.float64), people, np.full(len(people), ""))
