"""Clips of people in front of a camera: enrol from one clip, compare with all frames of all others.

A clip is called PERSON-N.mkv, for instance person-a-2.mkv. Clips without a number show strangers,
who are never enrolled. There is no consensus here: every frame is judged alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import CameraError, LearningError
from kiosk.learning.data.face_folders import Aligner, Picture, Problem
from kiosk.learning.evaluation.comparison_protocols import Comparisons
from kiosk.learning.evaluation.evaluator import (
    Batches,
    Embedded,
    Evaluation,
    Settings,
    evaluate_scores,
)
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.learning.evaluation.verification_metrics import Floats, sensitivity_without_false_accepts
from kiosk.vision.camera.recordings import read_pictures
from kiosk.vision.pipeline import Detector

SUFFIXES = frozenset({".mkv", ".mp4", ".avi", ".mov", ".webm", ".m4v"})


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One clip.

    ``person``: empty for strangers; ``frames``: number read; ``vectors`` (n, dimension) of those
    with a face.
    """

    name: str
    person: str
    frames: int
    vectors: NDArray[np.float32]


def person_of(name: str) -> str:
    """Return the person of a clip's name: the part before the last ``-`` if a number follows, else
    an empty text.
    """
    found = re.fullmatch(r"(.+)-\d+", Path(name).stem)
    return found.group(1) if found else ""


def evaluate_clips(
    folder: Path, network: Network, detector: Detector, settings: Settings
) -> Evaluation:
    """Enrol each person from each of their clips in turn.

    ``LearningError`` if there is nobody to compare.
    """
    if not folder.is_dir():
        raise LearningError(
            f"There is no folder {folder}; give one that holds clips named PERSON-N.mkv."
        )
    clips, problems = read_clips(folder, network, detector, settings)
    known = [clip for clip in clips if clip.person]
    people = sorted({clip.person for clip in known})
    if len(people) < 2 or len(people) == len(known):
        raise LearningError(
            f"{folder} needs clips of at least two people, and two clips of one of them, named "
            "PERSON-N.mkv; add some."
        )
    seen = [
        Picture(f"{clip.name}#{i}", clip.person) for clip in known for i in range(len(clip.vectors))
    ]
    tried = {clip.name: (clip.frames - len(clip.vectors), clip.frames) for clip in known}
    vectors = np.concatenate([clip.vectors for clip in known])
    comparisons = _compare(known, people, network.embedder.entry.normalise)
    evaluation = evaluate_scores(
        comparisons,
        Embedded(seen, vectors, problems, tried),
        network,
        settings,
        source=str(folder),
        listed=len(comparisons.same),
        protocol="clips: one clip enrolled, every frame of all other clips by itself",
    )
    evaluation.extra.update(
        _extra(evaluation, known, [clip for clip in clips if not clip.person], network)
    )
    return evaluation


def read_clips(
    folder: Path, network: Network, detector: Detector, settings: Settings
) -> tuple[list[Clip], list[Problem]]:
    """Read every clip of ``folder`` with the embeddings of its frames, and list the unreadable
    ones.
    """
    files = sorted(
        f
        for f in folder.iterdir()
        if f.suffix.lower() in SUFFIXES and f.is_file() and not f.name.startswith(".")
    )
    entry = network.embedder.entry
    aligner = Aligner(detector, entry.alignment, entry.input)
    clips = []
    problems = []
    progress = settings.progress("clips")
    for done, file in enumerate(files, 1):
        try:
            clips.append(_read(file, aligner, network))
        except CameraError as error:
            problems.append(Problem(file.name, "unreadable", str(error)))
        progress(done, len(files))
    return clips, problems


def _read(file: Path, aligner: Aligner, network: Network) -> Clip:
    batches = Batches(network)
    frames = 0
    for image in read_pictures(file):
        frames += 1
        face = aligner.cut(image)
        if face is not None:
            batches.add(face)
    return Clip(file.name, person_of(file.name), frames, batches.done())


def template(vectors: NDArray[np.float32], normalise: bool) -> NDArray[np.float32]:
    """Return (dimension,) mean of ``vectors`` (n, dimension), normalised if the network's
    embeddings are.
    """
    mean: NDArray[np.float32] = vectors.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12) if normalise else mean


def _to(clip: Clip, others: list[Clip], normalise: bool) -> list[Floats]:
    """Return the distances of every face in each of ``others`` to the template of ``clip``."""
    enrolled = template(clip.vectors, normalise)
    return [np.linalg.norm(other.vectors - enrolled, axis=1).astype(np.float64) for other in others]


def _compare(clips: list[Clip], people: list[str], normalise: bool) -> Comparisons:
    distances = []
    first = []
    second = []
    number = {person: i for i, person in enumerate(people)}
    for clip in (c for c in clips if len(c.vectors)):
        others = [other for other in clips if other is not clip]
        for other, found in zip(others, _to(clip, others, normalise), strict=True):
            distances.append(found)
            first.append(np.full(len(found), number[clip.person]))
            second.append(np.full(len(found), number[other.person]))
    if not distances:
        raise LearningError(
            "No clip shows a face that the detector finds; give clips of people who face the "
            "camera."
        )
    a, b = np.concatenate(first), np.concatenate(second)
    return Comparisons(np.concatenate(distances), a == b, a, b, None, {})


def _extra(
    evaluation: Evaluation, known: list[Clip], strangers: list[Clip], network: Network
) -> dict[str, Any]:
    genuine, impostor = (
        evaluation.scores.distances[kind]
        for kind in (evaluation.scores.same, ~evaluation.scores.same)
    )
    sensitivity, least = sensitivity_without_false_accepts(genuine, impostor)
    normalise = network.embedder.entry.normalise
    rows = [
        _row(clip, known, evaluation.threshold, normalise) for clip in known if len(clip.vectors)
    ]
    own = [row["sensitivity@fa=0"] for row in rows if row["sensitivity@fa=0"] is not None]
    missed = sum(
        other.frames - len(other.vectors)
        for clip in known
        for other in known
        if other is not clip and other.person == clip.person
    )
    return {
        "sensitivity@fa=0_counting_frames_without_a_face": sensitivity
        * len(genuine)
        / (len(genuine) + missed),
        "sensitivity@fa=0_mean_of_enrolments": float(np.mean(own)) if own else None,
        "least_impostor_distance": least,
        "enrolments": rows,
        "strangers": _strangers(known, strangers, evaluation.threshold, least, normalise),
    }


def _row(clip: Clip, known: list[Clip], threshold: float, normalise: bool) -> dict[str, Any]:
    """Return the figures of one enrolment, by its own smallest impostor distance and at the
    threshold.
    """
    others = [other for other in known if other is not clip]
    found = list(zip(others, _to(clip, others, normalise), strict=True))
    genuine, impostor = (
        np.concatenate(
            [np.zeros(0), *(d for other, d in found if (other.person == clip.person) == own)]
        )
        for own in (True, False)
    )
    enough = len(genuine) and len(impostor)
    return {
        "clip": clip.name,
        "frames": clip.frames,
        "faces": len(clip.vectors),
        "genuine": len(genuine),
        "impostor": len(impostor),
        "sensitivity@fa=0": sensitivity_without_false_accepts(genuine, impostor)[0]
        if enough
        else None,
        "sensitivity": float((genuine <= threshold).mean()) if len(genuine) else None,
        "false_accepts": int((impostor <= threshold).sum()),
    }


def _strangers(
    known: list[Clip], strangers: list[Clip], threshold: float, least: float, normalise: bool
) -> dict[str, Any] | None:
    """Compare people who are never enrolled with every enrolment."""
    distances = np.concatenate(
        [
            np.zeros(0),
            *(d for clip in known if len(clip.vectors) for d in _to(clip, strangers, normalise)),
        ]
    )
    if not len(distances):
        return None
    return {
        "clips": [clip.name for clip in strangers],
        "faces": sum(len(clip.vectors) for clip in strangers),
        "comparisons": len(distances),
        "least_distance": float(distances.min()),
        "false_accepts": int((distances <= threshold).sum()),
        "false_accepts_at_fa=0_of_the_enrolled": int((distances < least).sum()),
    }
