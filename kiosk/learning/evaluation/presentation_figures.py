"""APCER by species and BPCER of a site's own prints, screens and people (``evaluate liveness``).

Terms as in ISO/IEC 30107-3. What is counted, of presentations with a face good enough for the door:

- appearance: the mean score of the faces is that of a person;
- depth: the face turned in depth as far as passes without a challenge;
- passed: both. This is the APCER of the two together;
- recognised: at least one face matches the person's own genuine pictures (IAPAR).

The door asks for more: the known background, no screen's edges, one identity, frames that agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kiosk import __version__
from kiosk.core.errors import LearningError
from kiosk.learning.attacks.rates import Share
from kiosk.learning.data.presentations import GENUINE
from kiosk.learning.evaluation.presentation_examiner import JudgedPresentation


@dataclass(frozen=True, slots=True)
class PresentationThresholds:
    """``appearance``: least mean score of a person. ``distance``: largest of a match."""

    appearance: float
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class PresentationFigures:
    """``species``: a row each, the worst first; ``genuine``; ``people``: the same by person."""

    species: list[dict[str, Any]]
    genuine: dict[str, Any]
    people: list[dict[str, Any]]
    thresholds: PresentationThresholds
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return every figure, ready for ``json``."""
        return {
            "version": __version__,
            "appearance_threshold": self.thresholds.appearance,
            "distance_threshold": self.thresholds.distance,
            "genuine": self.genuine,
            "species": self.species,
            "people": self.people,
            "notes": self.notes,
        }


def summed_up(
    judged: Sequence[JudgedPresentation], thresholds: PresentationThresholds
) -> PresentationFigures:
    """Return all figures; ``LearningError`` for a species without a face good enough."""
    by_species: dict[str, list[JudgedPresentation]] = defaultdict(list)
    by_person: dict[tuple[str, str], list[JudgedPresentation]] = defaultdict(list)
    for one in judged:
        if one.faces:
            by_species[one.presentation.species].append(one)
            by_person[one.presentation.species, one.presentation.person].append(one)
    for species in sorted({one.presentation.species for one in judged} - set(by_species)):
        raise LearningError(
            f"No picture in {species} shows a face that is good enough for the door; take them "
            "closer and in focus."
        )
    attacks = [
        _row(species, group, thresholds)
        for species, group in sorted(by_species.items())
        if species != GENUINE
    ]
    people = [
        {"person": person} | _row(species, group, thresholds)
        for (species, person), group in sorted(by_person.items())
    ]
    return PresentationFigures(
        sorted(attacks, key=_worst_first),
        _row(GENUINE, by_species[GENUINE], thresholds),
        people,
        thresholds,
        _notes(judged),
    )


def _worst_first(row: dict[str, Any]) -> tuple[float, float, int]:
    return -row["passed"]["share"], -row["appearance"]["share"], row["presentations"]


def _row(
    species: str, group: Sequence[JudgedPresentation], thresholds: PresentationThresholds
) -> dict[str, Any]:
    looks = [float(one.scores.mean()) >= thresholds.appearance for one in group]
    row: dict[str, Any] = {
        "species": species,
        "presentations": len(group),
        "people": len({one.presentation.person for one in group}),
        "frames": sum(one.frames for one in group),
        "faces": sum(one.faces for one in group),
        "appearance": _share(looks),
        "appearance_frames": _share(
            score >= thresholds.appearance for one in group for score in one.scores
        ),
        "depth": _share(one.deep for one in group),
        "passed": _share(one.deep and look for one, look in zip(group, looks, strict=True)),
    }
    if species == GENUINE:
        row["bpcer"] = _share(not look for look in looks)
        return row
    compared = [one.distances <= thresholds.distance for one in group if len(one.distances)]
    row["recognised"] = _share(bool(matches.any()) for matches in compared)
    row["recognised_frames"] = _share(bool(match) for matches in compared for match in matches)
    return row


def _share(answers: Any) -> dict[str, Any]:
    """Return how many of ``answers`` are true, with the exact 95 % interval."""
    given = [bool(answer) for answer in answers]
    return Share(sum(given), len(given)).row()


def _notes(judged: Sequence[JudgedPresentation]) -> list[str]:
    notes = [
        "Presentations of one person are alike, so the intervals are too narrow for new people; "
        "compare the people with one another (--json)."
    ]
    if unusable := sum(not one.faces for one in judged):
        notes.append(f"Presentations left out because no face is good enough: {unusable}.")
    if strangers := sorted(
        {one.presentation.person for one in judged if one.faces and not len(one.distances)}
    ):
        notes.append(
            f"There are no genuine pictures of {', '.join(strangers)}, so their attacks are "
            "compared with nobody."
        )
    return notes


def as_text(figures: PresentationFigures) -> Iterator[str]:
    """Return the table for a terminal."""
    if figures.species:
        worst = figures.species[0]
        yield f"Worst species: {worst['species']}, passed {_percent(worst['passed'])}"
        yield ""
    yield (
        f"{'species':<22} {'pass. / people':<15} {'passed (95 % interval)':<32} "
        f"{'appearance':<32} {'depth':>7} {'recognised':>11}"
    )
    for row in figures.species:
        yield (
            f"{row['species']:<22} {row['presentations']:>5} / {row['people']:<7} "
            f"{_percent(row['passed']):<32} {_percent(row['appearance']):<32} "
            f"{100 * row['depth']['share']:>5.1f} % {_recognised(row)}"
        )
    genuine = figures.genuine
    yield (
        f"genuine: BPCER of the appearance {_percent(genuine['bpcer'])}, {genuine['people']} "
        f"people; depth seen in {100 * genuine['depth']['share']:.1f} %"
    )
    yield from _by_person(figures)
    yield ""
    yield from (f"note: {note}" for note in figures.notes)


def _by_person(figures: PresentationFigures) -> Iterator[str]:
    """Name the person who is refused most, and of each species the one whose attacks pass most."""
    refused = [row for row in figures.people if row["species"] == GENUINE]
    most = max(refused, key=lambda row: row["bpcer"]["share"])
    yield f"refused most: {most['person']}, {_percent(most['bpcer'])}"
    for species in figures.species:
        rows = [row for row in figures.people if row["species"] == species["species"]]
        most = max(rows, key=lambda row: (row["appearance"]["share"], row["passed"]["share"]))
        yield (
            f"{species['species']}: looks genuine most as {most['person']}, "
            f"{_percent(most['appearance'])}"
        )


def _percent(share: dict[str, Any]) -> str:
    return str(Share(share["found"], share["tried"])).strip()


def _recognised(row: dict[str, Any]) -> str:
    share = row["recognised"]
    return f"{100 * share['share']:>9.1f} %" if share["tried"] else f"{'–':>11}"
