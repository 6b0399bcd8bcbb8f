"""Measures an embedder through the kiosk's own detector and alignment."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk import __version__
from kiosk.core.errors import LearningError
from kiosk.core.frames import BGRImage
from kiosk.core.templates import EmbedderInfo
from kiosk.learning.data.crowd_folders import told_apart
from kiosk.learning.data.face_folders import (
    Aligner,
    Notify,
    Picture,
    Problem,
    align_each,
    find_people,
)
from kiosk.learning.evaluation import bootstrap_intervals, verification_metrics
from kiosk.learning.evaluation.bootstrap_intervals import Interval
from kiosk.learning.evaluation.comparison_protocols import (
    MOST_PAIRS,
    Comparisons,
    all_pairs,
    check_people,
    compare,
    read_pairs,
    with_folds,
)
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.learning.evaluation.verification_metrics import Confusion, Figures, Folds, Ints, Scores
from kiosk.vision.pipeline import Detector

BATCH = 16
CHOSEN_AT = 1e-3
"""Without a given threshold, the one at this FAR on the same pictures is taken, and the result says
so.
"""


def silent(what: str) -> Notify:
    """Show no progress."""
    return lambda done, total: None


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure.

    ``threshold``: instead of the network's own. ``cache``: folder of found faces. ``most``: pairs
    of one kind at most, ``None`` for all. ``progress``: returns the callback for a named step.
    ``others``: a folder of many people.
    """

    threshold: float | None = None
    cache: Path | None = None
    seed: int = 0
    resamples: int = bootstrap_intervals.RESAMPLES
    most: int | None = MOST_PAIRS
    progress: Callable[[str], Notify] = silent
    others: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Embedded pictures.

    ``pictures`` with a face, their ``vectors`` (n, dimension), and the problems of the others.
    ``tried``: (failed, all) pictures of each person, without copies.
    """

    pictures: list[Picture]
    vectors: NDArray[np.float32]
    problems: list[Problem]
    tried: dict[str, tuple[int, int]]

    @property
    def failed(self) -> int:
        """Number of pictures that cannot be read or show no face."""
        return sum(failed for failed, _ in self.tried.values())

    @property
    def total(self) -> int:
        """Number of pictures tried."""
        return sum(total for _, total in self.tried.values())

    @property
    def fte(self) -> float:
        """Failure to enrol: share of pictures without a template (ISO/IEC 19795-1)."""
        return self.failed / self.total if self.total else 0.0


def embed_pictures(
    root: Path,
    pictures: Sequence[Picture],
    network: Network,
    detector: Detector,
    settings: Settings,
    duplicates: bool = False,
) -> Embedded:
    """Find, crop and embed the main face of each picture."""
    entry = network.embedder.entry
    aligner = Aligner(detector, entry.alignment, entry.input, settings.cache)
    kept: list[Picture] = []
    problems: list[Problem] = []
    tried: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    batches = Batches(network)
    for picture, face, problem in align_each(
        root, pictures, aligner, progress=settings.progress("faces"), duplicates=duplicates
    ):
        if problem:
            problems.append(problem)
        if face is None and problem and problem.kind == "duplicate":
            continue
        tried[picture.person][0] += face is None
        tried[picture.person][1] += 1
        if face is not None:
            kept.append(picture)
            batches.add(face)
    return Embedded(
        kept,
        batches.done(),
        problems,
        {person: (bad, all_) for person, (bad, all_) in tried.items()},
    )


class Batches:
    """Embeds faces in batches as they come, so that the crops need not be kept."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._waiting: list[BGRImage] = []
        self._vectors: list[NDArray[np.float32]] = []

    def add(self, face: BGRImage) -> None:
        """Add one (input, input, 3) face."""
        self._waiting.append(face)
        if len(self._waiting) == BATCH:
            self._embed()

    def done(self) -> NDArray[np.float32]:
        """Return (n, dimension) embeddings of all faces, in order."""
        self._embed()
        return np.concatenate(self._vectors)

    def _embed(self) -> None:
        self._vectors.append(self._network.embedder.embed(self._waiting))
        self._waiting.clear()


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationPart:
    """Figures of all comparisons, or of one group's.

    ``figures`` is empty if a kind of pair is missing. ``strangers``: pairs of different people
    among the impostor comparisons, each counted once.
    """

    people: int
    genuine: int
    impostor: int
    strangers: int
    confusion: Confusion | None = None
    figures: Figures = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything measured in one run.

    ``extra``: figures of this protocol only; ``notes``: caveats for readers.
    """

    protocol: str
    source: str
    info: EmbedderInfo
    sha256: str
    threshold: float
    threshold_from: str
    comparisons: Comparisons
    scores: Scores
    whole: EvaluationPart
    folds: Folds | None
    groups: dict[str, EvaluationPart]
    embedded: Embedded
    fte_interval: Interval | None
    listed: int
    settings: Settings
    extra: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return every figure, ready for ``json``; ``None`` for what cannot be measured."""
        problems = Counter(p.kind for p in self.embedded.problems)
        intervals = {
            **self.whole.intervals,
            **({"fte": self.fte_interval} if self.fte_interval else {}),
        }
        curve = self.scores.curve()
        figures: dict[str, Any] = plain(
            {
                "embedder": self.info.id,
                "sha256": self.sha256,
                "protocol": self.protocol,
                "images": self.source,
                "version": __version__,
                "seed": self.settings.seed,
                "resamples": self.settings.resamples,
                "threshold": self.threshold,
                "threshold_from": self.threshold_from,
                **_counted(self.whole),
                "best_threshold": curve.best()[1],
                **{
                    f"threshold@far={name}": curve.threshold_at(far)
                    for name, far in verification_metrics.FARS.items()
                },
                "n_pairs_listed": self.listed,
                "n_pictures": self.embedded.total,
                "n_failed": self.embedded.failed,
                "fte": self.embedded.fte,
                "problems": {
                    kind: problems[kind] for kind in ("unreadable", "no_face", "duplicate")
                },
                "folds": None
                if self.folds is None
                else {
                    "accuracies": self.folds.accuracies,
                    "thresholds": self.folds.thresholds,
                    "mean": self.folds.mean,
                    "standard_error": self.folds.standard_error,
                },
                "intervals": intervals,
                "groups": {
                    name: _counted(part) | {"intervals": part.intervals}
                    for name, part in self.groups.items()
                },
                **self.extra,
                "notes": self.notes,
            }
        )
        return figures


def _counted(part: EvaluationPart) -> dict[str, Any]:
    """Return a part's figures and counts, flat."""
    c = part.confusion
    counts = {
        "n_people": part.people,
        "n_pairs": part.genuine + part.impostor,
        "n_genuine": part.genuine,
        "n_impostor": part.impostor,
        "n_people_pairs": part.strangers,
    }
    if c is None:
        return counts
    return {
        **part.figures,
        "type_i": c.fp,
        "type_ii": c.fn,
        "confusion": {"tp": c.tp, "fp": c.fp, "tn": c.tn, "fn": c.fn},
        **counts,
        "far_at_most_95": verification_metrics.most_accepted_by_chance(int(c.fp), part.strangers),
    }


def plain(value: Any) -> Any:
    """Convert to plain numbers and lists, with ``None`` for what is not finite."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def evaluate_pictures(
    root: Path,
    network: Network,
    detector: Detector,
    settings: Settings,
    pairs_file: Path | None = None,
) -> Evaluation:
    """Measure the pairs listed in ``pairs_file``, or all pairs of the folder ``root``.

    ``LearningError``.
    """
    if pairs_file is not None:
        pictures, pairs = read_pairs(pairs_file, root)
        embedded = embed_pictures(root, pictures, network, detector, settings, duplicates=True)
        there = {picture.path for picture in embedded.pictures}
        listed = len(pairs)
        pairs = pairs.among([i for i, picture in enumerate(pictures) if picture.path in there])
        title = f"the pairs of {pairs_file.name}"
        if pairs.folds is None and (pairs := with_folds(pairs, settings.seed)).folds is not None:
            title += ", folds drawn by seed"
    else:
        pictures = told_apart(find_people(root), settings.others)
        check_people(pictures, root)
        embedded = embed_pictures(root, pictures, network, detector, settings)
        _enough(embedded, root)
        pairs = all_pairs([p.person for p in embedded.pictures], settings.most, settings.seed)
        listed = len(pairs)
        title = "all pairs of a folder of people"
        if settings.most and max(pairs.same.sum(), (~pairs.same).sum()) == settings.most:
            title += f" (at most {settings.most} of a kind, drawn by seed)"
    if not len(pairs):
        raise LearningError(
            f"No pair is left in {root}: no face was found in the pictures; give pictures that "
            "show faces."
        )
    return evaluate_scores(
        compare(embedded.vectors, embedded.pictures, pairs),
        embedded,
        network,
        settings,
        protocol=title,
        source=str(root),
        listed=listed,
    )


def _enough(embedded: Embedded, root: Path) -> None:
    try:
        check_people(embedded.pictures, root)
    except LearningError as error:
        if not embedded.failed:
            raise
        raise LearningError(
            f"{str(error).rstrip('.')}; no face was found in {embedded.failed} of {embedded.total} "
            "pictures."
        ) from None


def evaluate_scores(
    comparisons: Comparisons,
    embedded: Embedded,
    network: Network,
    settings: Settings,
    *,
    protocol: str,
    source: str,
    listed: int,
    extra: dict[str, Any] | None = None,
) -> Evaluation:
    """Return all figures of ``comparisons``; ``LearningError`` if one kind of pair is missing."""
    scores = Scores.of(comparisons.distances, comparisons.same)
    threshold, threshold_from = _threshold(network, settings, scores)
    whole = _part(comparisons, threshold, settings, "intervals")
    ordered = None if comparisons.folds is None else comparisons.folds[scores.order]
    groups = {
        name: _part(comparisons.part(chosen), threshold, settings, f"intervals, {name}")
        for name, chosen in comparisons.groups.items()
    }
    shares = bootstrap_intervals.share_interval(
        embedded.tried, seed=settings.seed, resamples=settings.resamples
    )
    return Evaluation(
        protocol,
        source,
        _plain(network.embedder.info),
        network.sha256,
        threshold,
        threshold_from,
        comparisons,
        scores,
        whole,
        None if ordered is None else verification_metrics.by_folds(scores, ordered),
        groups,
        embedded,
        shares,
        listed,
        settings,
        extra or {},
        _notes(whole, threshold_from),
    )


def _plain(info: EmbedderInfo) -> EmbedderInfo:
    """Return the id without the checksum prefix; the whole checksum is given separately."""
    return replace(info, id=info.id.partition("@")[0])


def _threshold(network: Network, settings: Settings, scores: Scores) -> tuple[float, str]:
    if settings.threshold is not None:
        return settings.threshold, "given"
    if network.threshold is not None:
        return network.threshold, "the network's own"
    curve = scores.curve()
    at = curve.threshold_at(CHOSEN_AT)
    return (
        (curve.best()[1], "best accuracy on these pictures")
        if at is None
        else (at, f"FAR {CHOSEN_AT:g} on these pictures")
    )


def _part(
    comparisons: Comparisons, threshold: float, settings: Settings, what: str
) -> EvaluationPart:
    same = comparisons.same
    people = len(np.unique(np.concatenate([comparisons.first, comparisons.second])))
    genuine = int(same.sum())
    impostor = int((~same).sum())
    strangers = _different(comparisons.first[~same], comparisons.second[~same])
    if not genuine or not impostor:
        return EvaluationPart(people, genuine, impostor, strangers)
    scores = Scores.of(comparisons.distances, same)
    folds = comparisons.folds
    found = verification_metrics.figures(
        scores, threshold, None if folds is None else folds[scores.order]
    )
    limits = bootstrap_intervals.intervals(
        scores,
        comparisons.first,
        comparisons.second,
        threshold,
        folds,
        resamples=settings.resamples,
        seed=settings.seed,
        progress=settings.progress(what),
    )
    limits = {name: limit for name, limit in limits.items() if found[name] is not None}
    for name, share, pairs in (("type_i", "far", impostor), ("type_ii", "frr", genuine)):
        if share in limits:
            limits[name] = limits[share][0] * pairs, limits[share][1] * pairs
    return EvaluationPart(
        people, genuine, impostor, strangers, scores.confusion(threshold), found, limits
    )


def _different(first: Ints, second: Ints) -> int:
    """Count the different pairs of people."""
    low = np.minimum(first, second)
    high = np.maximum(first, second)
    return len(np.unique(low * (int(high.max(initial=0)) + 1) + high))


def _notes(whole: EvaluationPart, threshold_from: str) -> list[str]:
    notes = []
    if whole.confusion and (
        most := verification_metrics.most_accepted_by_chance(
            int(whole.confusion.fp), whole.strangers
        )
    ):
        notes.append(
            f"No impostor pair of {whole.impostor:,} was accepted; of {whole.strangers:,} pairs of "
            "people that proves no more than "
            f"a FAR of at most {most:.2g} (95 %)."
        )
    if "these pictures" in threshold_from:
        notes.append(
            "The threshold was chosen on these very pictures, so the figures at the threshold "
            "flatter the network."
        )
    for name, far in verification_metrics.FARS.items():
        if whole.impostor * far < verification_metrics.LEAST_EXPECTED:
            notes.append(
                f"{whole.impostor:,} impostor pairs are too few to measure a FAR of {name}."
            )
            break
    if whole.people < 10:
        notes.append(f"Only {whole.people} people were compared; the intervals are rough.")
    return notes
