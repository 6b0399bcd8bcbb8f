"""What can be measured on people in sessions for a conformance page.

Every member is enrolled in one session and comes in another (``session_evaluation``). One enrolled
person gives the figures of verification, 1:1, and a gallery of 420 those of identification, 1:N. A
rate counts comparisons or visits, but its independent trials are people, or pairs of people: a
thousand frames of two people are one trial, not a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from kiosk.core.decisions import Mode
from kiosk.core.errors import LearningError
from kiosk.learning.evaluation.conformance_bars import GALLERY
from kiosk.learning.evaluation.evaluator import Settings
from kiosk.learning.evaluation.exact_intervals import clopper_pearson
from kiosk.learning.evaluation.session_faces import Crowd, SessionFaces, Trial, trials_of
from kiosk.learning.evaluation.session_gallery import ComingPerson, TrialGallery
from kiosk.vision.recognition.threshold_calibration import Floats, Impostors, calibrate

TEMPLATES = 5
TARGET = 1.0
"""Strangers in 10,000, as ``recognition.max_false_accepts`` has it by default."""
SEARCH_FPIR = 0.003
"""At which NIST's tests of 1:N give the FNIR."""
NOBODY = ""
"""The session in which somebody comes who is only enrolled."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An error rate: ``errors`` of ``attempts``, and how many independent ``units`` they are.

    ``unit``: people, pairs of people, strangers or presentations. ``threshold``: the distance that
    decided, or the median of several; ``None`` for an EER.
    """

    errors: float
    attempts: int
    units: int
    unit: str
    threshold: float | None = None

    @property
    def share(self) -> float | None:
        """The rate 0..1; ``None`` without attempts."""
        return self.errors / self.attempts if self.attempts else None

    @property
    def least(self) -> int:
        """The errors as if every unit were one trial, rounded down."""
        return int((self.share or 0.0) * self.units + 1e-9)

    @property
    def most(self) -> int:
        """The same, rounded up."""
        return min(self.units, -int(-(self.share or 0.0) * self.units // 1))

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval over the units."""
        return clopper_pearson(self.least, self.units)[0], clopper_pearson(self.most, self.units)[1]


@dataclass(slots=True)
class _Counted:
    errors: int = 0
    attempts: int = 0
    units: set[tuple[str, ...]] = field(default_factory=set)

    def add(self, errors: int, attempts: int, *people: str) -> None:
        self.errors += errors
        self.attempts += attempts
        if attempts:
            self.units.add(tuple(sorted(people)))

    def measured(self, unit: str, thresholds: list[float]) -> Measured:
        return Measured(
            self.errors, self.attempts, len(self.units), unit, float(np.median(thresholds))
        )


@dataclass(frozen=True, slots=True)
class Search:
    """Identification in a gallery as NIST's tests of 1:N count it.

    ``fnir``: members not found at the largest threshold that lets at most ``SEARCH_FPIR`` of the
    strangers' pictures in; ``None`` where there are too few of them.
    """

    compared: int
    strangers: int
    fpir: Measured
    fnir_at_door: Measured
    fnir: Measured | None


def verification(
    faces: SessionFaces, crowd: Crowd, fixed: float, settings: Settings, shipped: Impostors | None
) -> dict[str, Measured]:
    """Return FMR and FNMR of pictures, FAR and FRR of visits, one person enrolled at a time.

    ``LearningError`` where nobody has two sessions, or nobody is a stranger.
    """
    fmr, fnmr, far, frr = (_Counted() for _ in range(4))
    thresholds = []
    for gallery in _galleries(faces, crowd, 1, fixed, settings):
        threshold = _threshold(gallery, fixed, settings, shipped, Mode.VERIFY)
        thresholds.append(threshold)
        member = gallery.member
        fnmr.add(member.refused(threshold), len(member.distance), member.name)
        answers = member.answers(threshold)
        frr.add(sum(one is None for one in answers), len(answers), member.name)
        for stranger in gallery.strangers:
            pair = (f"first {member.name}", stranger.name)
            fmr.add(stranger.let_in(threshold), len(stranger.distance), *pair)
            answers = stranger.answers(threshold)
            far.add(sum(one is not None for one in answers), len(answers), *pair)
    return {
        "fmr": fmr.measured("pairs of people", thresholds),
        "fnmr": fnmr.measured("people", thresholds),
        "far": far.measured("pairs of people", thresholds),
        "frr": frr.measured("people", thresholds),
    }


def identification(
    faces: SessionFaces, crowd: Crowd, fixed: float, settings: Settings, shipped: Impostors | None
) -> Search:
    """Return how searches in a gallery of 420, as far as the people reach, go wrong."""
    fpir, fnir = _Counted(), _Counted()
    thresholds = []
    members: list[ComingPerson] = []
    strangers: list[ComingPerson] = []
    for gallery in _galleries(faces, crowd, GALLERY, fixed, settings):
        threshold = _threshold(gallery, fixed, settings, shipped, Mode.IDENTIFY)
        thresholds.append(threshold)
        members.append(gallery.member)
        strangers += gallery.strangers
        member = gallery.member
        fnir.add(member.refused(threshold), len(member.distance), member.name)
        for stranger in gallery.strangers:
            fpir.add(stranger.let_in(threshold), len(stranger.distance), stranger.name)
    return Search(
        min(GALLERY, crowd.people + 1),
        len(fpir.units),
        fpir.measured("strangers", thresholds),
        fnir.measured("people", thresholds),
        _at_fpir(members, np.concatenate([one.distance for one in strangers])),
    )


def _at_fpir(members: list[ComingPerson], nearest: Floats) -> Measured | None:
    """``nearest`` (n,): the distance of each picture of a stranger to the gallery."""
    allowed = int(SEARCH_FPIR * len(nearest))
    if not allowed:
        return None
    threshold = float(np.nextafter(np.partition(nearest, allowed)[allowed], -np.inf))
    found = _Counted()
    for member in members:
        found.add(member.refused(threshold), len(member.distance), member.name)
    return found.measured("people", [threshold])


def _galleries(
    faces: SessionFaces, crowd: Crowd, size: int, fixed: float, settings: Settings
) -> Iterator[TrialGallery]:
    """Yield the trials with one session enrolled; people with one session only are enrolled too."""
    returning = [trial for trial in trials_of(faces) if len(trial.enrolled) == 1]
    if not returning:
        raise LearningError(
            "Nobody has pictures of two sessions; at least one person must come on two days."
        )
    if len(faces.names) == 1 and not crowd.strangers.names:
        raise LearningError("Nobody is left to be a stranger; add people, or name --fill DIR.")
    there = {trial.person for trial in returning}
    others = [
        Trial(person, tuple(faces.sessions_of(person)[:1]), NOBODY)
        for person in faces.names
        if person not in there
    ]
    tell = settings.progress(f"1:{size}")
    for done, trial in enumerate([*returning, *others], 1):
        yield TrialGallery(faces, trial, crowd, size, TEMPLATES, fixed)
        tell(done, len(returning) + len(others))


def _threshold(
    gallery: TrialGallery, fixed: float, settings: Settings, shipped: Impostors | None, mode: Mode
) -> float:
    """Return the distance at which the door would decide for this gallery."""
    if settings.threshold is not None:
        return settings.threshold
    size = 1 if mode is Mode.VERIFY else gallery.size
    return calibrate(TARGET, gallery.site, shipped, cap=fixed, mode=mode, people=size).threshold
