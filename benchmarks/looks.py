"""Measure what looks of later days do: members refused, strangers let in, and look-alikes.

    python benchmarks/looks.py DIR [--sessions DIR] [--embedder NAME] [--repetitions 20]
        [--seed 0] [--cache DIR]

DIR holds a folder of pictures for each person, taken on different days: one picture is a day. Of 25
people with five pictures or more, drawn again for each repetition, one picture is the enrolment, up
to three are looks, and the others come; everybody else is a stranger. Each way of fusing gets the
threshold at which exactly the given share of the strangers' pictures is accepted.

``--sessions``: a folder for each person with a folder for each session. Members are enrolled with
five pictures of one session, come in another, and keep a look of a third; the gallery is filled
from one half of DIR and the strangers are the other half, at calibrated thresholds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kiosk.core import paths
from kiosk.core.templates import Template
from kiosk.core.thresholds import Thresholds
from kiosk.learning.data.face_folders import find_people
from kiosk.learning.evaluation.evaluator import Settings, embed_pictures
from kiosk.learning.evaluation.measured_networks import Network, open_network
from kiosk.services.look_guard import SURE, SURE_WITH_FACTOR, LookGuard
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.gallery import Gallery
from kiosk.vision.recognition.reference_distances import reference_of
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import Site, calibrate, distances

FPIRS = (0.001, 0.01, 0.05)
MEMBERS = 25
MOST_LOOKS = 3
ENROLLED = 5
TARGETS = (1.0, 10.0)
SIZES = (10, 200)
START = np.zeros(1, np.int64)

Looks = Sequence[np.ndarray]
"""One person's looks, (templates, dimension) each, the enrolment first."""


def scaled(vector: np.ndarray) -> np.ndarray:
    """Return a vector of length 1."""
    return vector / np.linalg.norm(vector)


def ways(probes: np.ndarray, people: Sequence[Looks]) -> dict[str, np.ndarray]:
    """Return the (probes, people) scores of each way of fusing; smaller is nearer."""

    def single(fuse) -> np.ndarray:
        return distances(probes, np.stack([fuse(looks) for looks in people]))

    def first(looks: Looks, count: int) -> np.ndarray:
        return fused(np.concatenate([looks[0], *(one[:count] for one in looks[1:])]), START)[0]

    each = np.stack(
        [single(lambda looks, k=k: scaled(looks[k].mean(axis=0))) for k in range(len(people[0]))],
        axis=2,
    )
    ranked = np.sort(each, axis=2)
    return {
        "best look": ranked[:, :, 0],
        "mean of the 2 best looks": ranked[:, :, :2].mean(axis=2),
        "mean distance of all looks": each.mean(axis=2),
        "enrolment half, looks half": single(_halves),
        "mean of looks": single(
            lambda looks: scaled(np.mean([scaled(one.mean(axis=0)) for one in looks], axis=0))
        ),
        **{
            f"fused template, {count} a look": single(lambda looks, n=count: first(looks, n))
            for count in (3, 4, 5)
        },
    }


def _halves(looks: Looks) -> np.ndarray:
    later = [one.mean(axis=0) for one in looks[1:]]
    return scaled(looks[0].mean(axis=0) + (np.mean(later, axis=0) if later else 0.0))


def one_draw(
    vectors: np.ndarray, rows: list[np.ndarray], looks: int, rng: np.random.Generator
) -> dict[str, list[float]]:
    """Return the FNIR of each way at each of ``FPIRS``."""
    order = rng.permutation(len(rows))
    members = [p for p in order if len(rows[p]) > MOST_LOOKS + 1][:MEMBERS]
    strangers = np.concatenate([rows[p] for p in order if p not in set(members)])
    people, probes, own = [], [], []
    for place, person in enumerate(members):
        drawn = rng.permutation(rows[person])
        people.append([_as_day(vectors[one], rng) for one in drawn[: looks + 1]])
        probes.append(vectors[drawn[MOST_LOOKS + 1 :]])
        own += [place] * (len(drawn) - MOST_LOOKS - 1)
    genuine = ways(np.concatenate(probes), people)
    impostor = ways(vectors[strangers], people)
    found = {}
    for name, score in genuine.items():
        limits = np.quantile(impostor[name].min(axis=1), FPIRS)
        right = score.argmin(axis=1) == np.array(own)
        least = score.min(axis=1)
        found[name] = [float(1 - ((least <= limit) & right).mean()) for limit in limits]
    return found


def _as_day(vector: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (ENROLLED, dimension) frames of a day: about 0.35 from its one picture."""
    noise = rng.normal(size=(ENROLLED, len(vector))) * 0.35 / np.sqrt(len(vector))
    frames = vector + noise
    return frames / np.linalg.norm(frames, axis=1, keepdims=True)


def look_alikes(vectors: np.ndarray, rows: list[np.ndarray]) -> tuple[float, float]:
    """Return mean and standard deviation of a stranger's distance from day to day.

    Of the nearest 1 % of pairs of a member, enrolled with five pictures, and a stranger.
    """
    several = [own for own in rows if len(own) > ENROLLED]
    found = []
    for member in several:
        face = fused(vectors[member[:ENROLLED]], START)
        for stranger in several:
            if stranger is not member:
                apart = distances(vectors[stranger], face)[:, 0]
                found.append((apart.mean(), apart.std(ddof=1)))
    nearest = sorted(found)[: max(1, len(found) // 100)]
    return tuple(np.mean(nearest, axis=0))


class Sessions:
    """Members who come on another day, with and without the look of a third."""

    def __init__(self, vectors: np.ndarray, names: list[str], fill: np.ndarray, who: np.ndarray):
        self.vectors, self.names = vectors, np.array(names)
        order = np.random.default_rng(0).permutation(np.unique(who))
        half = set(order[: len(order) // 2])
        inside = np.array([one in half for one in who])
        self.fill, self.fill_who = fill[inside], who[inside]
        self.strangers = fill[~inside]

    def of(self, session: str, most: int = 0) -> np.ndarray:
        """Return the pictures of a session, or ``most`` of them evenly spaced."""
        own = self.vectors[self.names == session]
        return (
            own[np.linspace(0, len(own) - 1, min(most, len(own))).round().astype(int)]
            if most
            else own
        )

    def trials(self) -> list[tuple[str, str, str]]:
        """Return (enrolled, kept, comes) of every person with three sessions."""
        people = sorted({name.split("/")[0] for name in self.names})
        found = []
        for person in people:
            own = sorted({name for name in self.names if name.startswith(f"{person}/")})
            found += list(permutations(own, 3))
        return found

    def allowed(self, network: Network, threshold: float, kept: str, enrolled: str) -> tuple:
        """Return the shares of a session's five-picture visits that may be kept.

        By face alone, and with a PIN, among the pictures that the door accepts.
        """
        info = network.embedder.info
        gallery = Gallery("net", info.dimension)
        stored = [Template(1, "net", one) for one in self.of(enrolled, ENROLLED)]
        people = [Template(2 + n, "net", one) for n, one in enumerate(self.fill[:200])]
        gallery.replace([*stored, *people])
        guard = LookGuard(gallery, info.threshold)
        thresholds = Thresholds(threshold, threshold)
        pictures = self.of(kept)
        visits = [pictures[n : n + ENROLLED] for n in range(0, len(pictures) - 4, ENROLLED)]
        shares = []
        for factor in (False, True):
            fine = [
                guard.allows(1, stored, list(v), thresholds, with_factor=factor) for v in visits
            ]
            shares.append(float(np.mean(fine)) if fine else np.nan)
        return tuple(shares)


def report_sessions(sessions: Sessions, network: Network) -> None:
    """Print a line for each gallery size and target."""
    info = network.embedder.info
    reference = reference_of(paths.REFERENCE, info.id)
    trials = sessions.trials()
    print(f"{len(trials)} trials of {len({t[0].split('/')[0] for t in trials})} people")
    print(
        "gallery  target  threshold | members refused: enrolled, with a look | strangers let in as "
        "the member | may be kept: by face, with a PIN"
    )
    for size in SIZES:
        people = np.unique(sessions.fill_who)
        chosen = np.isin(sessions.fill_who, people[: size - 1])
        for target in TARGETS:
            rows = []
            for enrolled, kept, comes in trials:
                own = sessions.of(enrolled, ENROLLED)
                site = Site.of(
                    np.concatenate([own, sessions.fill[chosen]]),
                    np.concatenate([np.full(len(own), -1), sessions.fill_who[chosen]]),
                )
                cap = network.threshold or 1.0
                limit = calibrate(target, site, reference, cap=cap, people=size).threshold
                looks = [own, np.concatenate([own, sessions.of(kept, ENROLLED)])]
                faces = np.concatenate([fused(one, START) for one in looks])
                genuine = distances(sessions.of(comes), faces) > limit
                impostor = distances(sessions.strangers, faces) <= limit
                allowed = sessions.allowed(network, limit, kept, enrolled)
                rows.append([limit, *genuine.mean(axis=0), *impostor.mean(axis=0), *allowed])
            limit, alone, with_look, before, after, face, pin = np.nanmean(rows, axis=0)
            print(
                f"{size:>7}  {target / 100:>5g} %  {limit:>9.3f} | {alone * 100:5.1f} % "
                f"{with_look * 100:5.1f} % | {before * 100:.3f} % {after * 100:.3f} % | "
                f"{face * 100:.0f} % {pin * 100:.0f} %"
            )


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--sessions", type=Path)
    parser.add_argument("--embedder", default="siamese")
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path)
    args = parser.parse_args()
    manifest = Manifest.load(paths.MANIFEST)
    network = open_network(args.embedder, manifest)
    detector = load_mtcnn(manifest)

    def embedded(root: Path) -> tuple[np.ndarray, list[str]]:
        found = embed_pictures(
            root, find_people(root), network, detector, Settings(cache=args.cache)
        )
        return found.vectors.astype(np.float64), [one.person for one in found.pictures]

    vectors, names = embedded(args.data)
    who = np.unique(names, return_inverse=True)[1]
    rows = [np.flatnonzero(who == person) for person in range(who.max() + 1)]
    print(f"{args.embedder} on {args.data.name}, {args.repetitions} draws: FNIR in percent at FPIR")
    print(f"{'looks':>5} {'':<28}" + "".join(f"{fpir * 100:>7g} %" for fpir in FPIRS))
    for looks in range(MOST_LOOKS + 1):
        draws = [
            one_draw(vectors, rows, looks, np.random.default_rng(args.seed + n))
            for n in range(args.repetitions)
        ]
        for name in draws[0]:
            rates = np.mean([draw[name] for draw in draws], axis=0)
            print(f"{looks:>5} {name:<28}" + "".join(f"{rate * 100:>9.1f}" for rate in rates))
    mean, deviation = look_alikes(vectors, rows)
    print(f"nearest 1 % of pairs of people: {mean:.3f} apart, {deviation:.3f} from day to day")
    print(f"a look is within {SURE:g} times the threshold, {SURE_WITH_FACTOR:g} with a PIN or card")
    if args.sessions:
        report_sessions(Sessions(*embedded(args.sessions), vectors, who), network)
    return 0


if __name__ == "__main__":
    sys.exit(main())
