"""Choose the cast of the demo, or measure how far apart real embedders find the present one.

    python -m benchmarks.choose_cast measure
    python -m benchmarks.choose_cast choose --first 2000 --last 7700

Choosing takes some tenths of a second per candidate. The printed seeds go into
kiosk/demo/synthetic_faces/cast.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk.core import paths
from kiosk.core.frames import BGRImage, Face
from kiosk.demo.synthetic_faces.cast import CAST, Embeddings, choose_cast
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.demo.synthetic_faces.looks import Looks
from kiosk.vision.detection.mtcnn import Mtcnn, load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.embedder import OnnxEmbedder, load_embedder

ENROLLED = (
    (0.0, 0.0, 0.0, 190, 0.0),
    (0.35, 0.0, 0.0, 190, 0.0),
    (-0.35, 0.0, 0.0, 190, 0.0),
    (0.0, 0.22, 0.0, 190, 0.0),
    (0.0, -0.22, 0.0, 190, 0.0),
)
PROBES = (
    (0.12, 0.05, 0.03, 190, 0.0),
    (-0.12, -0.05, -0.03, 180, 0.0),
    (0.08, 0.08, 0.0, 110, 0.0),
    (-0.06, 0.0, 0.05, 260, 0.3),
)
"""Yaw, pitch, roll, face height in pixels, blink: at enrolment, and at the door."""

EXTREMES = (
    (0.5, 0.0, 0.0, 90, 0.0),
    (-0.5, 0.0, 0.0, 300, 0.0),
    (0.5, 0.0, 0.0, 190, 0.0),
    (-0.5, 0.0, 0.0, 140, 0.0),
    (0.0, 0.34, 0.0, 200, 0.0),
    (0.0, -0.3, 0.0, 90, 0.0),
    (0.0, 0.3, 0.0, 300, 0.0),
    (0.3, 0.15, 0.1, 90, 0.0),
    (-0.3, -0.15, -0.1, 90, 0.0),
)
"""Poses in which the detector must still be certain."""

RANDOM_TURNS = 60
"""Further random poses per candidate, within yaw 0.5, pitch 0.3 and 90 to 300 pixels."""

LEAST_PROBABILITY = 0.991


def is_friendly(looks: Looks) -> bool:
    """Return whether the eyes are open and the face does not scowl."""
    awake = looks.eye_height >= 0.05 and abs(looks.eye_tilt) <= 0.27 and looks.brow_tilt <= 0.035
    return (
        awake
        and looks.lip_curve >= 0.005
        and looks.lip_thickness >= 0.035
        and looks.wrinkles <= 0.5
    )


def pictures(
    looks: Looks, turns: Sequence[tuple[float, float, float, float, float]]
) -> Iterator[BGRImage]:
    """Draw the person in each of the poses ``turns``."""
    for number, (yaw, pitch, roll, height, blink) in enumerate(turns):
        yield draw_person(
            looks,
            centre=(320, 250),
            height=height,
            yaw=yaw,
            pitch=pitch,
            roll=roll,
            blink=blink,
            noise_seed=number,
        )


def suitable(looks: Looks, detector: Mtcnn) -> bool:
    """Return whether a candidate is friendly and detected with certainty in every pose."""
    turns = (*EXTREMES, *ENROLLED, *PROBES, *random_turns(RANDOM_TURNS))
    return is_friendly(looks) and all(
        _sure(detector.detect(image)) for image in pictures(looks, turns)
    )


def embeddings(looks: Looks, detector: Mtcnn, embedders: Sequence[OnnxEmbedder]) -> Embeddings:
    """Return (poses, dimension) for each embedder; ``ValueError`` if a face is not found."""
    rows: list[list[NDArray[np.float32]]] = [[] for _ in embedders]
    for image in pictures(looks, ENROLLED + PROBES):
        faces = detector.detect(image)
        if not faces:
            raise ValueError("no face was found in a picture of the cast")
        for row, embedder in zip(rows, embedders, strict=True):
            row.append(embedder.embed([embedder.crop(image, faces[0])])[0])
    return [np.stack(row) for row in rows]


def random_turns(count: int, seed: int = 1) -> Iterator[tuple[float, float, float, float, float]]:
    """Yield poses within yaw 0.5, pitch 0.3 and roll 0.1, with faces of 90 to 300 pixels."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        height = rng.uniform(90, 300)
        yaw = rng.uniform(-0.5, 0.5)
        pitch = rng.uniform(-0.3, 0.3)
        roll = rng.uniform(-0.1, 0.1)
        yield yaw, pitch, roll, height, 0.0


def _sure(faces: Sequence[Face]) -> bool:
    return len(faces) == 1 and faces[0].probability >= LEAST_PROBABILITY


def measure(detector: Mtcnn, embedders: Sequence[OnnxEmbedder]) -> None:
    """Print the distances of probes to templates of the same person and of others."""
    for actor in CAST:
        found = [
            detector.detect(image)
            for image in pictures(actor.looks, tuple(random_turns(200, seed=2026)))
        ]
        sure = np.array([faces[0].probability if len(faces) == 1 else 0.0 for faces in found])
        print(
            f"{actor.name}: detector at least 0.99 in {(sure >= 0.99).mean():.1%} of 200 turns not "
            f"used for choosing, lowest {sure.min():.3f}"
        )
    seen_cast = [embeddings(actor.looks, detector, embedders) for actor in CAST]
    print(
        f"{'embedder':<12} {'threshold':>9} {'genuine max':>12} {'impostor min':>13} "
        f"{'first five':>11}"
    )
    for k, embedder in enumerate(embedders):
        nearest = np.array(
            [[_nearest(probe[k], owner[k]) for owner in seen_cast] for probe in seen_cast]
        )
        same = np.array(
            [
                np.linalg.norm(p[k][len(ENROLLED) :, None] - p[k][None, : len(ENROLLED)], axis=-1)
                .min(axis=1)
                .max()
                for p in seen_cast
            ]
        )
        others = nearest + np.where(np.eye(len(seen_cast)) > 0, np.inf, 0)
        print(
            f"{embedder.info.id:<12} {embedder.info.threshold:>9.2f} {same.max():>12.3f} "
            f"{others.min():>13.3f} {others[:5, :5].min():>11.3f}"
        )


def _nearest(probe: NDArray[np.float32], owner: NDArray[np.float32]) -> float:
    return float(
        np.linalg.norm(probe[len(ENROLLED) :, None] - owner[None, : len(ENROLLED)], axis=-1).min()
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("measure", "choose"))
    parser.add_argument("--first", type=int, default=0, help="first candidate")
    parser.add_argument("--last", type=int, default=400, help="one after the last candidate")
    args = parser.parse_args()
    manifest = Manifest.load(paths.MANIFEST)
    detector = load_mtcnn(manifest, min_face_size=60)
    embedders = [load_embedder(manifest, entry.id) for entry in manifest.present()]
    if args.what == "measure":
        measure(detector, embedders)
        return

    def embed(looks: Looks) -> Embeddings | None:
        return embeddings(looks, detector, embedders) if suitable(looks, detector) else None

    seeds = choose_cast(embed, range(args.first, args.last), len(CAST))
    print("seeds:", ", ".join(map(str, seeds)))


if __name__ == "__main__":
    main()
