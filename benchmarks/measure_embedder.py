"""Measure face networks on labelled pictures through the kiosk's own detector and alignment.

    python benchmarks/measure_embedder.py NAME [NAME ...] --data DIR [--cache DIR]

DIR holds lfw-dev/ (pairs.csv: first,second,same) and asian-dev/ (a folder per person). Prints the
figures of both sets, and for each network the lines for weights/MANIFEST.toml: the threshold is
the largest distance, in hundredths, at which at most one in ten thousand impostor pairs of either
set is accepted; impostor pairs are all pairs of pictures from different people's folders. Wrong
labels among them can only make it stricter. `munjigi evaluate` gives more figures of one set, with
intervals and pictures.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kiosk.cli.shared import Progress
from kiosk.core import paths
from kiosk.core.errors import KioskError
from kiosk.learning.data.face_folders import Picture, find_people
from kiosk.learning.evaluation.comparison_protocols import PairList, all_pairs, compare, read_pairs
from kiosk.learning.evaluation.evaluator import Embedded, Settings, embed_pictures
from kiosk.learning.evaluation.measured_networks import Network, open_network
from kiosk.learning.evaluation.verification_metrics import FARS, Scores
from kiosk.vision.detection.mtcnn import Mtcnn, load_mtcnn
from kiosk.vision.models.manifest import Manifest

RANKED_AT = 1e-3
STRICTEST = 1e-4
"""The false match rate of 1:1 comparisons that NIST SP 800-63B-4 demands."""


def of_pairs(embedded: Embedded, pictures: list[Picture], pairs: PairList) -> Scores:
    """Return the scores of the listed pairs whose faces were both found."""
    there = {picture.path for picture in embedded.pictures}
    left = pairs.among([i for i, picture in enumerate(pictures) if picture.path in there])
    return scores(embedded, left)


def scores(embedded: Embedded, pairs: PairList) -> Scores:
    """Return the scores of ``pairs``."""
    found = compare(embedded.vectors, embedded.pictures, pairs)
    return Scores.of(found.distances, found.same)


def between(embedded: Embedded) -> Scores:
    """Return the scores of all pairs of pictures; each folder is one person."""
    return scores(embedded, all_pairs([p.person for p in embedded.pictures], None))


def cut(found: Scores) -> float:
    """Return the smallest distance at which one impostor pair too many is accepted."""
    impostor = found.distances[~found.same]
    return float(impostor[int(len(impostor) * STRICTEST)])


def report(name: str, found: Scores) -> None:
    """Print one table, without rates that the number of pairs cannot show."""
    curve = found.curve()
    (genuine, impostor) = found.means()
    print(
        f"  {name}: {found.same.sum()} genuine (mean {genuine:.3f}), "
        f"{(~found.same).sum()} impostor (mean {impostor:.3f})"
    )
    for rate, far in FARS.items():
        if (tar := curve.tar_at(far)) is not None:
            print(f"    FAR {rate}: distance {curve.threshold_at(far):.3f}, TAR {tar:.4f}")


def summary(name: str, listed: Scores, lfw: Scores, asian: Scores) -> None:
    """Print the lines for the manifest."""
    print(name)
    for title, found in (
        ("lfw-dev, listed pairs", listed),
        ("lfw-dev, all pairs", lfw),
        ("asian-dev, all pairs", asian),
    ):
        report(title, found)
    # just below the cut, so that a cut of whole hundredths is not accepted itself
    threshold = math.floor(min(cut(lfw), cut(asian)) * 100 - 1e-9) / 100
    for title, found in (("lfw-dev", lfw), ("asian-dev", asian)):
        c = found.confusion(threshold)
        print(
            f"  at {threshold:.2f}, {title}: FMR {c.fp / (c.fp + c.tn):.2g}, "
            f"TAR {c.sensitivity:.4f}"
        )
    western, eastern = (found.curve().tar_at(RANKED_AT) or 0.0 for found in (listed, asian))
    print(f"  threshold = {threshold:.2f}")
    print(
        f"  measured = {{ lfw_dev_accuracy = {listed.curve().best()[0]:.4f}, "
        f'"lfw_dev_tar@far=1e-3" = {western:.4f}, '
        f'"asian_dev_tar@far=1e-3" = {eastern:.4f}, rank = {(western + eastern) / 2:.3f} }}'
    )


def measure(name: str, network: Network, detector: Mtcnn, data: Path, settings: Settings) -> None:
    """Measure one network on both sets; raises ``KioskError``."""
    lfw = data / "lfw-dev"
    asian = data / "asian-dev"
    pictures, pairs = read_pairs(lfw / "pairs.csv", lfw)
    western = embed_pictures(lfw, pictures, network, detector, settings, duplicates=True)
    eastern = embed_pictures(
        asian, find_people(asian), network, detector, settings, duplicates=True
    )
    for root, embedded in ((lfw, western), (asian, eastern)):
        print(f"{root.name}: {embedded.total} pictures, {embedded.failed} without a face")
    summary(name, of_pairs(western, pictures, pairs), between(western), between(eastern))


def main() -> int:
    """Measure the named networks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="a network of the manifest, auto, an ONNX file or a run folder",
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with lfw-dev and asian-dev"
    )
    parser.add_argument("--cache", type=Path, help="folder to keep found faces in")
    args = parser.parse_args()
    try:
        manifest = Manifest.load(paths.MANIFEST)
        detector = load_mtcnn(manifest)
        settings = Settings(cache=args.cache, progress=Progress)
        for name in args.names:
            measure(name, open_network(name, manifest), detector, args.data, settings)
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
