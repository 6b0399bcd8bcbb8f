"""Measures face networks on labelled pictures through the kiosk's own detector and alignment.

    python benchmarks/measure_embedder.py NAME [NAME ...] --data DIR

DIR holds lfw-dev/ (pairs.csv: first,second,same) and asian-dev/ (a folder a person). Prints the figures of both
sets, and for each network the lines that belong into weights/MANIFEST.toml: the threshold is the largest distance,
in hundredths, at which neither set's impostor pairs are accepted more often than one in a thousand; impostor pairs
are all pairs of pictures from different people's folders. Wrong labels among them make it stricter, never laxer.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk import paths
from kiosk.cli.common import Progress
from kiosk.errors import KioskError
from kiosk.vision.embedder import OnnxEmbedder, load_embedder
from kiosk.vision.manifest import Manifest
from kiosk.vision.mtcnn import Mtcnn, load_mtcnn
from kiosk.vision.pipeline import main_face

Floats = NDArray[np.float32]
Vectors = dict[str, Floats]
TARGET = 1e-3


@dataclass(frozen=True)
class Distances:
    """Distances of pairs of the same person, and of different people, the latter in rising order."""

    genuine: Floats
    impostor: Floats

    def cut(self, rate: float) -> float:
        """Distance below which at most ``rate`` of the impostor pairs lie."""
        return float(self.impostor[int(len(self.impostor) * rate)])

    def tar(self, rate: float) -> float:
        """Share of genuine pairs accepted at that distance."""
        return float((self.genuine < self.cut(rate)).mean())

    def accuracy(self) -> float:
        """Share of right answers at the best distance, both kinds of pair counted by their number."""
        right = [(self.genuine <= c).sum() + (self.impostor > c).sum() for c in np.unique(self.genuine)]
        return float(max(right) / (len(self.genuine) + len(self.impostor)))


def embed_all(root: Path, files: list[str], detector: Mtcnn, networks: list[OnnxEmbedder]) -> list[Vectors]:
    """For each network the embedding of the main face of each file that shows one."""
    progress = Progress(root.name)
    found: list[Vectors] = [{} for _ in networks]
    for done, name in enumerate(files, 1):
        image = cv2.imread(str(root / name))
        if image is None:
            raise KioskError(f"{root / name} is no readable picture; restore or remove it.")
        faces = [f for f in detector.detect(image) if f.probability >= 0.9]
        face = main_face(faces, (image.shape[1], image.shape[0]))
        if face is not None:
            for network, vectors in zip(networks, found, strict=True):
                vectors[name] = network.embed([network.crop(image, face)])[0]
        progress(done, len(files))
    print(f"{root.name}: {len(files)} pictures, {len(files) - len(found[0])} without a face")
    return found


def between(vectors: Vectors) -> Distances:
    """All pairs of pictures; a person is a folder."""
    who = np.array([name.split("/")[0] for name in vectors])
    matrix = np.stack(list(vectors.values()))
    genuine, impostor = [], []
    for i in range(len(matrix) - 1):
        distances = np.linalg.norm(matrix[i + 1:] - matrix[i], axis=1)
        same = who[i + 1:] == who[i]
        genuine.append(distances[same])
        impostor.append(distances[~same])
    return Distances(np.concatenate(genuine), np.sort(np.concatenate(impostor)))


def of_pairs(vectors: Vectors, pairs: list[dict[str, str]]) -> Distances:
    """The pairs of LFW's list whose faces were both found."""
    rows = [(np.linalg.norm(vectors[p["first"]] - vectors[p["second"]]), p["same"] == "1") for p in pairs
            if p["first"] in vectors and p["second"] in vectors]
    return Distances(np.array([d for d, same in rows if same]), np.sort([d for d, same in rows if not same]))


def report(name: str, d: Distances) -> None:
    """Print one table; rates that the number of pairs cannot show are left out."""
    print(f"  {name}: {len(d.genuine)} genuine (mean {d.genuine.mean():.3f}), {len(d.impostor)} impostor (mean {d.impostor.mean():.3f})")
    for rate in (1e-2, 1e-3, 1e-4):
        if len(d.impostor) * rate >= 0.5:
            print(f"    FAR {rate:g}: distance {d.cut(rate):.3f}, TAR {d.tar(rate):.4f}")


def summary(name: str, listed: Distances, lfw: Distances, asian: Distances) -> None:
    """Print what the manifest should say."""
    print(name)
    for title, distances in (("lfw-dev, listed pairs", listed), ("lfw-dev, all pairs", lfw), ("asian-dev, all pairs", asian)):
        report(title, distances)
    threshold = math.floor(min(lfw.cut(TARGET), asian.cut(TARGET)) * 100) / 100
    for title, distances in (("lfw-dev", lfw), ("asian-dev", asian)):
        print(f"  at {threshold:.2f}, {title}: FMR {(distances.impostor < threshold).mean():.2g}, TAR {(distances.genuine < threshold).mean():.4f}")
    print(f"  threshold = {threshold:.2f}")
    print(f'  measured = {{ lfw_dev_accuracy = {listed.accuracy():.4f}, "lfw_dev_tar@far=1e-3" = {listed.tar(TARGET):.4f}, '
          f'"asian_dev_tar@far=1e-3" = {asian.tar(TARGET):.4f}, rank = {(listed.tar(TARGET) + asian.tar(TARGET)) / 2:.3f} }}')


def measure(names: list[str], data: Path) -> None:
    """Measure the networks on both sets; raises ``KioskError``."""
    manifest = Manifest.load(paths.MANIFEST)
    detector, networks = load_mtcnn(manifest), [load_embedder(manifest, name) for name in names]
    lfw, asian = data / "lfw-dev", data / "asian-dev"
    try:
        with (lfw / "pairs.csv").open() as file:
            pairs = list(csv.DictReader(file))
    except OSError as error:
        raise KioskError(f"{lfw / 'pairs.csv'} cannot be read ({error.strerror}); name the folder of the pictures with --data.") from None
    western = embed_all(lfw, sorted({p[k] for p in pairs for k in ("first", "second")}), detector, networks)
    eastern = embed_all(asian, sorted(str(p.relative_to(asian)) for p in asian.glob("*/*.jpg")), detector, networks)
    for name, w, e in zip(names, western, eastern, strict=True):
        summary(name, of_pairs(w, pairs), between(w), between(e))


def main() -> int:
    """Measure the named networks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME", help="a network of the manifest, or auto")
    parser.add_argument("--data", type=Path, required=True, help="folder with lfw-dev and asian-dev")
    args = parser.parse_args()
    try:
        measure(args.names, args.data)
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
