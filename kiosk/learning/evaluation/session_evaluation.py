"""Members who come back on another day: enrolled in one session or two, tried in another.

A session is a folder of pictures taken at one time (``DIR/PERSON/SESSION/picture``). Pictures of
one session are alike, so figures within a session say little about a door, where people come back
another day and under other light. Every ordered pair of a person's sessions is a trial (one
enrolled, the other comes), and with three sessions every pair enrolled with the third coming.

The gallery is the member and people of a second collection. Strangers are everybody else of the
first collection and the other half of the second: nobody is both enrolled and a stranger. Each
picture is a comparison, and each visit, some 12 pictures of a session in their order, an answer of
the door by its own vote (``door_visits``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kiosk.core.errors import LearningError
from kiosk.learning.evaluation.error_counts import ErrorCounts
from kiosk.learning.evaluation.evaluator import Settings
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.learning.evaluation.session_faces import (
    Crowd,
    SessionFaces,
    Trial,
    trials_of,
)
from kiosk.learning.evaluation.session_folders import embedded_people, embedded_sessions
from kiosk.learning.evaluation.session_gallery import MEMBER, VISIT_PICTURES, TrialGallery
from kiosk.vision.pipeline import Detector
from kiosk.vision.recognition.threshold_calibration import (
    Impostors,
    calibrate,
    share_of,
)

SIZES = (10, 200, 1_000, 10_000)
TARGETS = (1.0, 10.0, 100.0)
ENROLLED = {1: "one", 2: "two"}


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """The experiment.

    ``targets``: strangers in 10,000. ``sizes``: people in the gallery. ``templates``: most pictures
    enrolled per person, shared by the enrolled sessions.
    """

    targets: Sequence[float] = TARGETS
    sizes: Sequence[int] = SIZES
    templates: int = 5


@dataclass(frozen=True, slots=True, eq=False)
class SessionFigures:
    """``rows``: one per enrolment, gallery size, target and mode, ready for ``json``."""

    title: str
    rows: list[dict[str, Any]]
    notes: list[str]


@dataclass(slots=True)
class _Tally:
    frames: ErrorCounts = field(default_factory=ErrorCounts)
    visits: ErrorCounts = field(default_factory=ErrorCounts)
    strangers: ErrorCounts = field(default_factory=ErrorCounts)
    stranger_visits: ErrorCounts = field(default_factory=ErrorCounts)
    thresholds: list[float] = field(default_factory=list)
    supported: list[bool] = field(default_factory=list)


def evaluate_sessions(
    root: Path,
    fill: Path | None,
    network: Network,
    detector: Detector,
    settings: Settings,
    plan: SessionPlan,
    shipped: Impostors | None,
) -> SessionFigures:
    """Embed the pictures of ``root`` and ``fill`` and run every trial.

    ``shipped``: the network's reference distances. Raise ``LearningError`` where no person has two
    sessions, or nobody is left to be a stranger.
    """
    faces, _ = embedded_sessions(root, network, detector, settings)
    others = (
        embedded_people(fill, network, detector, settings)
        if fill is not None
        else SessionFaces.none(faces.vectors.shape[1])
    )
    fixed = settings.threshold or network.threshold or 1.0
    found = run_trials(faces, others, fixed, settings, plan, shipped)
    where = f"{root}" + (f", gallery filled from {fill}" if fill else "")
    return SessionFigures(f"{where}: {found.title}", found.rows, found.notes)


def run_trials(
    faces: SessionFaces,
    others: SessionFaces,
    fixed: float,
    settings: Settings,
    plan: SessionPlan,
    shipped: Impostors | None,
) -> SessionFigures:
    """Run every trial on embedded ``faces``, the gallery filled from ``others``.

    ``fixed``: the threshold of the rows of mode "fixed". Raise ``LearningError`` as
    ``evaluate_sessions``, and ``ConfigError`` for an invalid target.
    """
    for target in plan.targets:
        share_of(target)
    trials = trials_of(faces)
    if not trials:
        raise LearningError(
            "Nobody has pictures of two sessions; at least one person must come on two days."
        )
    crowd = Crowd.drawn(others, plan.templates, settings.seed)
    if len(faces.names) == 1 and not crowd.strangers.names:
        raise LearningError("Nobody is left to be a stranger; add people, or name --fill DIR.")
    tallies: dict[tuple[str, int, float, str], _Tally] = defaultdict(_Tally)
    tell = settings.progress("sessions")
    for done, trial in enumerate(trials, 1):
        for size in plan.sizes:
            gallery = TrialGallery(faces, trial, crowd, size, plan.templates, fixed)
            for target in plan.targets:
                key = (ENROLLED[gallery.sessions], size, share_of(target))
                found = calibrate(target, gallery.site, shipped, cap=fixed, people=size)
                _count(tallies[*key, "fixed"], gallery, fixed, True)
                _count(tallies[*key, "calibrated"], gallery, found.threshold, found.supported)
        tell(done, len(trials))
    rows = [_row(key, tally, crowd, settings) for key, tally in tallies.items()]
    return SessionFigures(_title(faces, trials, crowd), rows, _notes(plan, crowd, shipped))


def _count(tally: _Tally, gallery: TrialGallery, threshold: float, supported: bool) -> None:
    """Count what ``threshold`` decides."""
    tally.thresholds.append(threshold)
    tally.supported.append(supported)
    member = gallery.member
    tally.frames.add(member.name, member.refused(threshold), len(member.distance))
    answers = member.answers(threshold)
    tally.visits.add(member.name, sum(one != MEMBER for one in answers), len(answers))
    for stranger in gallery.strangers:
        tally.strangers.add(stranger.name, stranger.let_in(threshold), len(stranger.distance))
        answers = stranger.answers(threshold)
        wrong = sum(one is not None for one in answers)
        tally.stranger_visits.add(stranger.name, wrong, len(answers))


def _row(
    key: tuple[str, int, float, str], tally: _Tally, crowd: Crowd, settings: Settings
) -> dict[str, Any]:
    enrolled, size, target, mode = key
    compared = min(size, crowd.people + 1)
    fpir = tally.strangers.columns("fpir", settings)
    far = tally.stranger_visits.columns("visit_far", settings)
    return {
        "enrolled": enrolled,
        "gallery": size,
        "compared": compared,
        "target": target,
        "mode": mode,
        "threshold": float(np.median(tally.thresholds)),
        "supported": all(tally.supported),
        **tally.frames.columns("frame_fnmr", settings),
        **tally.visits.columns("visit_frr", settings),
        **{name: _scaled(rate, size / compared) for name, rate in (fpir | far).items()},
        "members": tally.frames.people,
        "frames": tally.frames.attempts,
        "visits": tally.visits.attempts,
        "strangers": tally.strangers.people,
        "stranger_frames": tally.strangers.attempts,
        "stranger_visits": tally.stranger_visits.attempts,
    }


def _scaled(rate: float | None, times: float) -> float | None:
    """Return the rate in a gallery that is ``times`` as large: 1 - (1 - rate)^times."""
    return None if rate is None else float(1 - (1 - rate) ** times)


def _title(faces: SessionFaces, trials: list[Trial], crowd: Crowd) -> str:
    return (
        f"{len({trial.person for trial in trials})} members of {len(faces.names)} people come on "
        f"another day, {len(trials)} trials; {crowd.people:,} people fill the gallery, "
        f"{len(crowd.strangers.names):,} more are strangers"
    )


def _notes(plan: SessionPlan, crowd: Crowd, shipped: Impostors | None) -> list[str]:
    notes = [
        f"A visit is about {VISIT_PICTURES} pictures of one session; intervals are over people."
    ]
    beyond = [size for size in plan.sizes if size > crowd.people + 1]
    if beyond:
        notes.append(
            f"Compared with {crowd.people + 1:,} people at most: for "
            f"{', '.join(f'{size:,}' for size in beyond)} enrolled the threshold is that of the "
            "whole gallery, FPIR is scaled by 1 - (1 - FPIR)^(size / compared), and members taken "
            "for one of the missing people are not counted."
        )
    if shipped is None:
        notes.append("There are no reference distances of this network.")
    return notes


def as_text(found: SessionFigures, network: str) -> Iterator[str]:
    """Return the table for a terminal."""
    yield f"{network}, {found.title}"
    yield (
        "FNMR: pictures of members refused; FRR: visits refused; FPIR: pictures of strangers "
        "let in; 95 % intervals over people"
    )
    yield (
        f"{'enrolled':<9} {'gallery':>7} {'target':>8} {'mode':<10} {'threshold':>9}  "
        f"{'FNMR':>7}  {'FRR':>7} {'':<16} {'FPIR':>8}"
    )
    for row in found.rows:
        yield (
            f"{row['enrolled']:<9} {row['gallery']:>7,} {row['target'] * 100:>6g} % "
            f"{row['mode']:<10} {row['threshold']:>9.3f}  {row['frame_fnmr'] * 100:>5.1f} %  "
            f"{_percent(row, 'visit_frr', 1)}  {_percent(row, 'fpir', 3)}"
            + ("" if row["supported"] else "  extrapolated")
        )
    yield ""
    yield from (f"note: {note}" for note in found.notes)


def _percent(row: dict[str, Any], name: str, digits: int) -> str:
    if row[name] is None:
        return f"{'not measurable':<25}"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    limits = "" if low is None else f"({low * 100:.{digits}f} – {high * 100:.{digits}f})"
    return f"{row[name] * 100:>{4 + digits}.{digits}f} % {limits:<16}"
