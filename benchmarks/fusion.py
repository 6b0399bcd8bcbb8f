"""Compare ways of fusing several templates of one person: FNIR at the same FPIR.

    python benchmarks/fusion.py DIR [--embedder NAME] [--gallery 25] [--templates 5]
        [--repetitions 20] [--wrong] [--cache DIR]

DIR holds a folder of pictures for each person. People with more than ``--templates`` pictures are
enrolled, a quarter of the others is the cohort, the rest are strangers; drawn again for each
repetition. Nothing is calibrated: each way gets the threshold at which exactly the given share of
the strangers' pictures is accepted. ``--wrong``: one template of every person shows somebody else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kiosk.core import paths
from kiosk.learning.data.face_folders import find_people
from kiosk.learning.evaluation.evaluator import Settings, embed_pictures
from kiosk.learning.evaluation.measured_networks import open_network
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.template_fusion import fused

FPIRS = (0.01, 0.05, 0.1)
COHORT = 20
"""Scores are normalised by the mean of this many nearest members of the cohort.

Adaptive T-norm: Sturim and Reynolds, 2005.
"""


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the (len(a), len(b)) Euclidean distances."""
    squared = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2 * a @ b.T
    return np.sqrt(np.maximum(squared, 0))


def nearest_mean(found: np.ndarray) -> np.ndarray:
    """Return the (n,) mean distance to the ``COHORT`` nearest of the cohort."""
    return np.sort(found, axis=1)[:, :COHORT].mean(axis=1)


def ways(probes: np.ndarray, templates: np.ndarray, cohort: np.ndarray) -> dict[str, np.ndarray]:
    """Return the (probes, people) scores of each way; smaller is nearer.

    ``probes`` (n, dimension), ``templates`` (people, k, dimension), ``cohort`` (m, dimension).
    """
    people, k, dimension = templates.shape
    flat = templates.reshape(-1, dimension)
    each = np.sort(distances(probes, flat).reshape(-1, people, k), axis=2)
    mean = fused(flat, np.arange(people) * k)
    own = nearest_mean(distances(probes, cohort))[:, None]
    theirs = nearest_mean(distances(flat, cohort)).reshape(people, k).mean(axis=1)
    return {
        "best score": each[:, :, 0],
        "mean of the 2 best": each[:, :, :2].mean(axis=2),
        "mean of the 3 best": each[:, :, :3].mean(axis=2),
        "trimmed mean": each[:, :, 1:-1].mean(axis=2) if k > 2 else each.mean(axis=2),
        "mean of all": each.mean(axis=2),
        "best, cohort of the probe": each[:, :, 0] - own,
        "best, cohort of both": each[:, :, 0] - (own + theirs) / 2,
        "2 best, cohort of both": each[:, :, :2].mean(axis=2) - (own + theirs) / 2,
        "mean of all, scaled": distances(probes, scaled_mean(templates)),
        "fused template": distances(probes, mean),
        "fused, cohort of both": distances(probes, mean)
        - (own + nearest_mean(distances(mean, cohort))) / 2,
    }


def scaled_mean(templates: np.ndarray) -> np.ndarray:
    """Return the (people, dimension) mean, scaled to the mean length of its templates."""
    mean = templates.mean(axis=1)
    return (
        mean
        * np.linalg.norm(templates, axis=2).mean(axis=1, keepdims=True)
        / np.linalg.norm(mean, axis=1, keepdims=True)
    )


def one_draw(
    vectors: np.ndarray,
    who: np.ndarray,
    gallery: int,
    k: int,
    rng: np.random.Generator,
    wrong: bool = False,
) -> dict[str, list[float]]:
    """Return the FNIR of each way at each of ``FPIRS``.

    ``wrong``: the first template of every person is replaced by one of the cohort.
    """
    order = rng.permutation(who.max() + 1)
    rows = [np.flatnonzero(who == person) for person in range(who.max() + 1)]
    members = [p for p in order if len(rows[p]) > k][:gallery]
    rest = [p for p in order if p not in set(members)]
    drawn = [rng.permutation(rows[p]) for p in members]
    templates = np.stack([vectors[pictures[:k]] for pictures in drawn])
    probes = np.concatenate([pictures[k:] for pictures in drawn])
    own = np.repeat(np.arange(len(members)), [len(pictures) - k for pictures in drawn])
    cohort, strangers = (
        vectors[np.concatenate([rows[p] for p in part])]
        for part in (rest[: len(rest) // 4], rest[len(rest) // 4 :])
    )
    if wrong:
        templates[:, 0] = cohort[rng.choice(len(cohort), len(templates))]
    found = {}
    genuine, impostor = (ways(v, templates, cohort) for v in (vectors[probes], strangers))
    for name, score in genuine.items():
        limits = np.quantile(impostor[name].min(axis=1), FPIRS)
        right = score.argmin(axis=1) == own
        least = score.min(axis=1)
        found[name] = [float(1 - ((least <= limit) & right).mean()) for limit in limits]
    return found


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--embedder", default="siamese")
    parser.add_argument("--gallery", type=int, default=25)
    parser.add_argument("--templates", type=int, default=5)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--cache", type=Path)
    args = parser.parse_args()
    found = table(
        args.data,
        args.embedder,
        args.gallery,
        args.templates,
        args.repetitions,
        args.wrong,
        args.cache,
    )
    print(
        f"{args.embedder} on {args.data.name}: {args.gallery} people with {args.templates} "
        f"templates, {args.repetitions} draws; FNIR at an FPIR of"
    )
    print(f"{'':<28}" + "".join(f"{fpir * 100:>9g} %" for fpir in FPIRS))
    for name, rates in found.items():
        print(f"{name:<28}" + "".join(f"{rate * 100:>9.1f} %" for rate in rates))
    return 0


def table(
    data: Path,
    embedder: str,
    gallery: int = 25,
    templates: int = 5,
    repetitions: int = 20,
    wrong: bool = False,
    cache: Path | None = None,
) -> dict[str, list[float]]:
    """Return the FNIR at each of ``FPIRS`` by the name of the way."""
    manifest = Manifest.load(paths.MANIFEST)
    network = open_network(embedder, manifest)
    embedded = embed_pictures(
        data, find_people(data), network, load_mtcnn(manifest), Settings(cache=cache)
    )
    who = np.unique([p.person for p in embedded.pictures], return_inverse=True)[1]
    vectors = embedded.vectors.astype(np.float64)
    draws = [
        one_draw(vectors, who, gallery, templates, np.random.default_rng(seed), wrong)
        for seed in range(repetitions)
    ]
    return {name: np.mean([draw[name] for draw in draws], axis=0).tolist() for name in draws[0]}


if __name__ == "__main__":
    sys.exit(main())
