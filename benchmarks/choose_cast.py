"""Choose the demonstration's cast anew, or measure the present one: how far apart are drawn people for real embedders?

    python -m benchmarks.choose_cast measure
    python -m benchmarks.choose_cast choose --first 0 --last 1000

Choosing takes about half a second a candidate. The seeds that are printed go into kiosk/vision/cast.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kiosk import paths
from kiosk.types import BGRImage
from kiosk.vision.cast import CAST, Embeddings, choose_cast
from kiosk.vision.embedder import OnnxEmbedder, load_embedder
from kiosk.vision.looks import Looks
from kiosk.vision.manifest import Manifest
from kiosk.vision.mtcnn import Mtcnn, load_mtcnn
from kiosk.vision.people import draw_person

ENROLLED = ((0.0, 0.0, 0.0, 190, 0.0), (0.35, 0.0, 0.0, 190, 0.0), (-0.35, 0.0, 0.0, 190, 0.0), (0.0, 0.22, 0.0, 190, 0.0), (0.0, -0.22, 0.0, 190, 0.0))
PROBES = ((0.12, 0.05, 0.03, 190, 0.0), (-0.12, -0.05, -0.03, 180, 0.0), (0.08, 0.08, 0.0, 110, 0.0), (-0.06, 0.0, 0.05, 260, 0.3))
"""Yaw, pitch, roll, face height in pixels, blink: as people are enrolled, and as they come to the door."""

LEAST_PROBABILITY = 0.995


def pictures(looks: Looks) -> Iterator[BGRImage]:
    """The person as enrolled, then as a probe."""
    for number, (yaw, pitch, roll, height, blink) in enumerate(ENROLLED + PROBES):
        yield draw_person(looks, centre=(320, 250), height=height, yaw=yaw, pitch=pitch, roll=roll, blink=blink, noise_seed=number)


def embeddings(looks: Looks, detector: Mtcnn, embedders: Sequence[OnnxEmbedder]) -> Embeddings | None:
    """(poses, dimension) for each embedder; ``None`` where one picture's face is not surely found."""
    rows: list[list[NDArray[np.float32]]] = [[] for _ in embedders]
    for image in pictures(looks):
        faces = detector.detect(image)
        if len(faces) != 1 or faces[0].probability < LEAST_PROBABILITY:
            return None
        for row, embedder in zip(rows, embedders, strict=True):
            row.append(embedder.embed([embedder.crop(image, faces[0])])[0])
    return [np.stack(row) for row in rows]


def measure(detector: Mtcnn, embedders: Sequence[OnnxEmbedder]) -> None:
    """Print the table of distances: probes to the templates of the same person and of others."""
    cast = [embeddings(actor.looks, detector, embedders) for actor in CAST]
    unseen = [actor.name for actor, seen in zip(CAST, cast, strict=True) if seen is None]
    if unseen:
        print(f"not surely found: {', '.join(unseen)}")
    seen_cast = [seen for seen in cast if seen is not None]
    print(f"{'embedder':<12} {'threshold':>9} {'genuine max':>12} {'impostor min':>13} {'first five':>11}")
    for k, embedder in enumerate(embedders):
        nearest = np.array([[_nearest(probe[k], owner[k]) for owner in seen_cast] for probe in seen_cast])
        same = np.array([np.linalg.norm(p[k][len(ENROLLED):, None] - p[k][None, :len(ENROLLED)], axis=-1).min(axis=1).max() for p in seen_cast])
        others = nearest + np.where(np.eye(len(seen_cast)) > 0, np.inf, 0)
        print(f"{embedder.info.id:<12} {embedder.info.threshold:>9.2f} {same.max():>12.3f} {others.min():>13.3f} {others[:5, :5].min():>11.3f}")


def _nearest(probe: NDArray[np.float32], owner: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(probe[len(ENROLLED):, None] - owner[None, :len(ENROLLED)], axis=-1).min())


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    seeds = choose_cast(lambda looks: embeddings(looks, detector, embedders), range(args.first, args.last), len(CAST))
    print("seeds:", ", ".join(map(str, seeds)))


if __name__ == "__main__":
    main()
