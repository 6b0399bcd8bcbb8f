"""Open-set identification: some people are enrolled, others come as strangers (ISO/IEC 19795-1:
FPIR, FNIR).

Half of the people of a folder may be enrolled. The other half are strangers, except for a part
that, together with those of the first half who are not enrolled this time, gives the reference
distances: nobody is both a stranger and known to the calibration. Each repetition draws again.

Each comparison of a picture or frame with the gallery counts (FPIR, FNIR), and each whole visit by
the door's own vote (FAR and FRR of transactions: ``door_visits``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.core.errors import LearningError
from kiosk.core.templates import Match, Template
from kiosk.core.thresholds import Calibration
from kiosk.learning.data.face_folders import find_people
from kiosk.learning.evaluation.clip_evaluation import SUFFIXES, Clip, read_clips
from kiosk.learning.evaluation.door_visits import (
    STILLS,
    answer,
    answer_to_stills,
    matches_of,
    probes,
    stills,
)
from kiosk.learning.evaluation.error_counts import ErrorCounts
from kiosk.learning.evaluation.evaluator import Settings, embed_pictures
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.vision.pipeline import Detector
from kiosk.vision.recognition.consensus import VotingRule
from kiosk.vision.recognition.gallery import Gallery
from kiosk.vision.recognition.template_fusion import fused
from kiosk.vision.recognition.threshold_calibration import (
    Floats,
    Impostors,
    Ints,
    Site,
    calibrate,
    distances,
    share_of,
)

SIZES = (10, 50, 200)
TARGETS = (1.0, 10.0, 100.0)
MODES = ("fixed", "calibrated")
LEAST_REFERENCE = 10
"""Fewer people than this give no reference of their own; the shipped one is used, and the result
says so.
"""

FPS = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The experiment.

    ``targets``: strangers in 10,000. ``templates``: most pictures enrolled per person.
    """

    targets: Sequence[float] = TARGETS
    sizes: Sequence[int] = SIZES
    templates: int = 5
    repetitions: int = 5


@dataclass(slots=True)
class _Tally:
    """Errors by comparisons and by visits, and the thresholds used."""

    strangers: ErrorCounts = field(default_factory=ErrorCounts)
    members: ErrorCounts = field(default_factory=ErrorCounts)
    stranger_visits: ErrorCounts = field(default_factory=ErrorCounts)
    member_visits: ErrorCounts = field(default_factory=ErrorCounts)
    thresholds: list[float] = field(default_factory=list)
    supported: list[bool] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class OpenSet:
    """``rows``: one per gallery size, target and mode, ready for ``json``.

    ``notes``: caveats for readers.
    """

    title: str
    rows: list[dict[str, Any]]
    notes: list[str]


def open_set(
    root: Path,
    network: Network,
    detector: Detector,
    settings: Settings,
    plan: Plan,
    shipped: Impostors | None,
) -> OpenSet:
    """Run on folders of people or on clips; ``LearningError`` if no stranger remains."""
    for target in plan.targets:
        share_of(target)
    if not root.is_dir():
        raise LearningError(
            f"There is no folder {root}; give one that holds a folder of pictures for each person, "
            "or clips."
        )
    if any(f.suffix.lower() in SUFFIXES for f in root.iterdir()):
        return _clips(root, network, detector, settings, plan, shipped)
    embedded = embed_pictures(root, find_people(root), network, detector, settings)
    names, who = np.unique([picture.person for picture in embedded.pictures], return_inverse=True)
    if len(names) < 4:
        raise LearningError(
            f"{root} shows {len(names)} people; at least four are needed, two to enrol and two "
            "strangers."
        )
    fixed = settings.threshold or network.threshold or 1.0
    return _pictures(
        str(root),
        _People(embedded.vectors.astype(np.float64), who.astype(np.int64), [str(n) for n in names]),
        fixed,
        settings,
        plan,
        shipped,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    vectors: Floats
    who: Ints
    names: list[str]

    def places(self, people: Ints) -> Ints:
        """Return the rows of these people."""
        return np.flatnonzero(np.isin(self.who, people))


def _pictures(
    source: str,
    people: _People,
    fixed: float,
    settings: Settings,
    plan: Plan,
    shipped: Impostors | None,
) -> OpenSet:
    half = len(people.names) // 2
    sizes = [*sorted({size for size in plan.sizes if size < half}), half]
    own_reference = (len(people.names) - half) // 2 >= LEAST_REFERENCE
    tallies: dict[tuple[int, float, str], _Tally] = defaultdict(_Tally)
    tell = settings.progress("open set")
    for repetition in range(plan.repetitions):
        rng = np.random.default_rng((settings.seed, repetition))
        order = rng.permutation(len(people.names))
        members = order[:half]
        rest = order[half:]
        held = rest[: len(rest) // 2] if own_reference else rest[:0]
        strangers = rest[len(held) :]
        for size in sizes:
            enrolled = members[:size]
            chosen, probes = _enrol(people, enrolled, plan.templates, rng)
            reference = (
                Impostors.among(people.vectors[known], people.who[known])
                if len(held) and len(known := people.places(np.concatenate([held, members[size:]])))
                else shipped
            )
            coming = rng.permutation(people.places(strangers))
            trial = _Trial(people, chosen, probes, coming, fixed)
            site = Site.of(people.vectors[chosen], people.who[chosen])
            for target in plan.targets:
                trial.count(tallies[size, target, "fixed"], fixed, None)
                found = calibrate(target, site, reference, cap=fixed)
                trial.count(tallies[size, target, "calibrated"], found.threshold, found)
        tell(repetition + 1, plan.repetitions)
    notes = [
        f"A visit is {STILLS} pictures of one person; those of people with fewer than "
        f"{VotingRule(0.0).votes} are judged one by one only."
    ]
    if not own_reference:
        notes.append(
            "Too few people for a reference of their own: the shipped one was used"
            + ("." if shipped else ", but there is none.")
        )
    title = (
        f"{source}: {len(people.names):,} people, {len(people.who):,} faces; {half} may be "
        "enrolled, "
        f"{len(people.names) - half - (len(people.names) - half) // 2 * own_reference} strangers, "
        f"{plan.repetitions} repetitions"
    )
    return OpenSet(title, [_row(key, tally, settings) for key, tally in tallies.items()], notes)


def _enrol(
    people: _People, enrolled: Ints, most: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return the enrolled rows, sorted by person, and the remaining rows of the same people as
    probes.
    """
    chosen = []
    probes = []
    for person in np.sort(enrolled):
        rows = rng.permutation(np.flatnonzero(people.who == person))
        cut = max(1, min(most, len(rows) - 1))
        chosen.append(rows[:cut])
        probes.append(rows[cut:])
    return np.concatenate(chosen), np.concatenate(probes)


class _Trial:
    """One gallery: distances of all probes to its nearest person."""

    def __init__(
        self, people: _People, chosen: Ints, probes: Ints, strangers: Ints, alike: float
    ) -> None:
        persons, starts = np.unique(people.who[chosen], return_index=True)
        templates = fused(people.vectors[chosen], starts)
        self._names = people.names
        self._member = people.who[probes]
        self._stranger = people.who[strangers]
        to_member, to_stranger = (
            distances(people.vectors[rows], templates) for rows in (probes, strangers)
        )
        self._right = (
            persons[to_member.argmin(axis=1)] == self._member if len(probes) else np.zeros(0, bool)
        )
        self._nearest_to_member = to_member.min(axis=1, initial=np.inf)
        self._nearest_to_stranger = to_stranger.min(axis=1, initial=np.inf)
        self._member_visits, self._stranger_visits = (
            [
                (
                    person,
                    matches_of(people.vectors[rows[part]], templates, persons, alike),
                )
                for person, part in stills(people.who[rows], VotingRule(0.0).votes)
            ]
            for rows in (probes, strangers)
        )

    def count(self, tally: _Tally, threshold: float, calibration: Calibration | None) -> None:
        """Count what ``threshold`` decides."""
        tally.thresholds.append(threshold)
        tally.supported.append(calibration is None or calibration.supported)
        refused = (self._nearest_to_member > threshold) | ~self._right
        for counted, who, error in (
            (tally.members, self._member, refused),
            (tally.strangers, self._stranger, self._nearest_to_stranger <= threshold),
        ):
            for person in np.unique(who):
                mine = who == person
                counted.add(self._names[person], int(error[mine].sum()), int(mine.sum()))
        rule = VotingRule(threshold)
        for person, matches in self._member_visits:
            tally.member_visits.add(
                self._names[person], int(answer_to_stills(matches, rule) != person), 1
            )
        for person, matches in self._stranger_visits:
            let_in = answer_to_stills(matches, rule) is not None
            tally.stranger_visits.add(self._names[person], int(let_in), 1)


def _row(key: tuple[int, float, str], tally: _Tally, settings: Settings) -> dict[str, Any]:
    size, target, mode = key
    return {
        "gallery": size,
        "mode": mode,
        "target": share_of(target),
        "threshold": float(np.median(tally.thresholds)),
        **tally.strangers.columns("fpir", settings),
        **tally.members.columns("fnir", settings),
        "strangers": tally.strangers.people,
        "attempts": tally.strangers.attempts,
        "members": tally.members.people,
        "genuine": tally.members.attempts,
        "supported": all(tally.supported),
        **tally.stranger_visits.columns("far_transaction", settings),
        **tally.member_visits.columns("frr_transaction", settings),
        "stranger_visits": tally.stranger_visits.attempts,
        "member_visits": tally.member_visits.attempts,
    }


def _clips(
    root: Path,
    network: Network,
    detector: Detector,
    settings: Settings,
    plan: Plan,
    shipped: Impostors | None,
) -> OpenSet:
    """Whole visits: half of the people enrolled from their first clip, in every way.

    All other clips come to the door.
    """
    clips, _ = read_clips(root, network, detector, settings)
    clips = [clip for clip in clips if len(clip.vectors)]
    people = sorted({clip.person for clip in clips if clip.person})
    if len(people) < 2:
        raise LearningError(
            f"{root} needs clips of at least two people, named PERSON-N.mkv; add some."
        )
    fixed = settings.threshold or network.threshold or 1.0
    tallies: dict[tuple[int, float, str], _Tally] = defaultdict(_Tally)
    size = max(1, len(people) // 2)
    for enrolled in combinations(people, size):
        templates, first = _enrol_clips(clips, enrolled, plan.templates)
        site = Site.of(
            np.stack([t.vector for t in templates]), np.array([t.person_id for t in templates])
        )
        coming = _coming([clip for clip in clips if clip.name not in first], templates, fixed)
        for target in plan.targets:
            found = calibrate(target, site, shipped, cap=fixed)
            for mode, threshold, calibration in (
                ("fixed", fixed, None),
                ("calibrated", found.threshold, found),
            ):
                tally = tallies[size, target, mode]
                tally.thresholds.append(threshold)
                tally.supported.append(calibration is None or calibration.supported)
                _count_clips(tally, coming, enrolled, threshold)
    rows = [_row(key, tally, settings) for key, tally in tallies.items()]
    notes = [
        f"A visit is a clip; with {len(people)} people the intervals are rough.",
        "Calibrated by the shipped reference distances."
        if shipped
        else "There are no reference distances of this network.",
    ]
    return OpenSet(
        f"{root}: {len(clips)} clips, {len(people)} people, {size} enrolled in every way",
        rows,
        notes,
    )


def _enrol_clips(
    clips: list[Clip], enrolled: Sequence[str], most: int
) -> tuple[list[Template], set[str]]:
    """Return templates spread over the first clip of each person, and those clips' names."""
    templates = []
    first = set()
    for number, person in enumerate(enrolled, 1):
        clip = next(clip for clip in clips if clip.person == person)
        first.add(clip.name)
        places = np.linspace(0, len(clip.vectors) - 1, most).round().astype(int)
        templates += [Template(number, "", clip.vectors[place]) for place in places]
    return templates, first


@dataclass(frozen=True, slots=True, eq=False)
class _ComingClip:
    """A clip with the gallery's matches of its ``frames`` alone, and of its ``visit``'s probes."""

    clip: Clip
    frames: list[Match]
    visit: list[Match]


def _coming(clips: list[Clip], templates: list[Template], alike: float) -> list[_ComingClip]:
    gallery = Gallery("", len(templates[0].vector))
    gallery.replace(templates)

    def found(vectors: NDArray[np.floating]) -> list[Match]:
        single = vectors.astype(np.float32)
        return [match for one in single if (match := gallery.search(one)) is not None]

    return [
        _ComingClip(clip, found(clip.vectors), found(probes(clip.vectors, 1 / FPS, alike)))
        for clip in clips
    ]


def _count_clips(
    tally: _Tally, coming: list[_ComingClip], enrolled: Sequence[str], threshold: float
) -> None:
    """Count frames alone, and each clip by the door's vote."""
    for came in coming:
        clip = came.clip
        times = [number / FPS for number in range(len(came.visit))]
        taken_for = answer(times, came.visit, VotingRule(threshold))
        within = [one.person_id if one.distance <= threshold else None for one in came.frames]
        if clip.person in enrolled:
            own = enrolled.index(clip.person) + 1
            wrong = sum(person != own for person in within)
            tally.members.add(clip.person, wrong, len(within))
            tally.member_visits.add(clip.person, int(taken_for != own), 1)
        else:
            name = clip.person or clip.name
            let_in = sum(person is not None for person in within)
            tally.strangers.add(name, let_in, len(within))
            tally.stranger_visits.add(name, int(taken_for is not None), 1)


def as_text(found: OpenSet, network: str) -> Iterator[str]:
    """Return the table for a terminal, fixed and calibrated side by side."""
    yield f"{network}, open set, {found.title}"
    yield (
        "FPIR: strangers let in; FNIR: members refused or taken for somebody else; by single "
        "comparisons, and (FAR, FRR) by whole visits; 95 % intervals over people"
    )
    by_key = {(row["gallery"], row["target"], row["mode"]): row for row in found.rows}
    for size, target in dict.fromkeys((row["gallery"], row["target"]) for row in found.rows):
        yield f"\n{size} enrolled, target {target * 100:g} %"
        for mode in MODES:
            row = by_key[size, target, mode]
            kept = (
                ""
                if row["fpir"] is None
                else "  keeps the target"
                if row["fpir_low"] <= target
                else "  MISSES the target"
            )
            yield (
                f"  {mode:<11} threshold {row['threshold']:.3f}   FPIR {_percent(row, 'fpir')}   "
                f"FNIR {_percent(row, 'fnir')}{kept}"
                + ("" if row["supported"] else "   (extrapolated, stricter end)")
            )
            yield (
                f"  {'':<11} whole visits      FAR  {_percent(row, 'far_transaction')}   FRR  "
                f"{_percent(row, 'frr_transaction')}"
                f"  of {row['stranger_visits']:,} of strangers, {row['member_visits']:,} of members"
            )
    yield ""
    yield from (f"note: {note}" for note in found.notes)


def _percent(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return f"{'not measurable':<24}"
    low = row[f"{name}_low"]
    high = row[f"{name}_high"]
    limits = "" if low is None else f"({low * 100:.2f} – {high * 100:.2f})"
    return f"{row[name] * 100:6.2f} % {limits:<16}"
