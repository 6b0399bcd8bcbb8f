"""Measures a face network on labelled pictures through the kiosk's own detector and alignment.

    python benchmarks/measure_embedder.py NAME --data DIR

DIR holds lfw-dev/ (pairs.csv: first,second,same) and asian-dev/ (a folder a person). Prints accuracy at the
best threshold, the true accept rate at false accept rates 1e-2 and 1e-3, and the distances at which one in a
hundred, a thousand and ten thousand impostor pairs would be accepted.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk import paths
from kiosk.cli.common import Progress
from kiosk.vision.embedder import OnnxEmbedder, load_embedder
from kiosk.vision.manifest import Manifest
from kiosk.vision.mtcnn import Mtcnn, load_mtcnn
from kiosk.vision.pipeline import main_face

Vectors = dict[str, NDArray[np.float32]]


def embed_all(root: Path, files: list[str], detector: Mtcnn, embedder: OnnxEmbedder, smallest: float = 0.0) -> Vectors:
    """Embedding of the main face of each file that shows one."""
    progress, found = Progress(root.name), {}
    for done, name in enumerate(files, 1):
        image = cv2.imread(str(root / name))
        faces = [f for f in detector.detect(image) if f.probability >= 0.9]
        face = main_face(faces, (image.shape[1], image.shape[0]))
        if face is not None and face.width >= smallest:
            found[name] = embedder.embed([embedder.crop(image, face)])[0]
        progress(done, len(files))
    return found


def report(name: str, genuine: NDArray[np.float32], impostor: NDArray[np.float32], missing: int) -> None:
    """Print one table."""
    ordered = np.sort(impostor)
    at = {rate: ordered[int(len(ordered) * rate)] for rate in (1e-2, 1e-3, 1e-4) if len(ordered) * rate >= 1}
    cuts = np.linspace(0, 2, 2001)
    accuracy = max(((genuine <= c).mean() + (impostor > c).mean()) / 2 for c in cuts)
    print(f"{name}: {len(genuine)} genuine, {len(impostor)} impostor, {missing} pictures without a face")
    print(f"  balanced accuracy {accuracy:.4f}  mean distance {genuine.mean():.3f} / {impostor.mean():.3f}")
    for rate, cut in at.items():
        print(f"  FAR {rate:g}: distance {cut:.3f}, TAR {(genuine < cut).mean():.4f}")


def main() -> int:
    """Measure one network on both sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    manifest = Manifest.load(paths.MANIFEST)
    detector, embedder = load_mtcnn(manifest), load_embedder(manifest, args.name)
    lfw = args.data / "lfw-dev"
    with (lfw / "pairs.csv").open() as file:
        pairs = list(csv.DictReader(file))
    names = sorted({p[k] for p in pairs for k in ("first", "second")})
    vectors = embed_all(lfw, names, detector, embedder)
    both = [(np.linalg.norm(vectors[p["first"]] - vectors[p["second"]]), p["same"] == "1") for p in pairs
            if p["first"] in vectors and p["second"] in vectors]
    report("lfw-dev pairs", np.array([d for d, s in both if s]), np.array([d for d, s in both if not s]), len(names) - len(vectors))
    one_each = {n.split("/")[0]: v for n, v in vectors.items()}
    matrix = np.stack(list(one_each.values()))
    cross = np.sqrt(np.maximum(((matrix[:, None] - matrix[None]) ** 2).sum(2), 0))[np.triu_indices(len(matrix), 1)]
    for rate in (1e-2, 1e-3, 1e-4):
        print(f"  all {len(cross)} pairs of different lfw people: FAR {rate:g} at {np.quantile(cross, rate):.3f}")
    asian = args.data / "asian-dev"
    names = [str(p.relative_to(asian)) for p in sorted(asian.glob("*/*.jpg"))]
    vectors = embed_all(asian, names, detector, embedder)
    who = np.array([n.split("/")[0] for n in vectors])
    matrix = np.stack(list(vectors.values()))
    first, second = np.triu_indices(len(matrix), 1)
    distances = np.sqrt(np.maximum(((matrix[first] - matrix[second]) ** 2).sum(1), 0))
    same = who[first] == who[second]
    report("asian-dev, all pairs", distances[same], distances[~same], len(names) - len(vectors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
