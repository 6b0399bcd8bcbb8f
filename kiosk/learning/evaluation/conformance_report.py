"""Measures pictures of people in sessions for a conformance page: data, verdicts and searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk import __version__
from kiosk.learning.evaluation.condition_errors import condition_errors
from kiosk.learning.evaluation.conformance_bars import BARS, GALLERY, OPEN_LIMITS
from kiosk.learning.evaluation.conformance_figures import (
    SEARCH_FPIR,
    TARGET,
    TEMPLATES,
    Measured,
    Search,
    identification,
    verification,
)
from kiosk.learning.evaluation.conformance_verdicts import Judged, judge_all
from kiosk.learning.evaluation.evaluator import Settings, plain
from kiosk.learning.evaluation.measured_networks import Network
from kiosk.learning.evaluation.recording_conditions import CONDITIONS, FILE, read_conditions
from kiosk.learning.evaluation.session_faces import Crowd, SessionFaces
from kiosk.learning.evaluation.session_folders import embedded_people, embedded_sessions
from kiosk.vision.pipeline import Detector
from kiosk.vision.recognition.threshold_calibration import Impostors


@dataclass(frozen=True, slots=True)
class DataAtHand:
    """How much there is to measure on."""

    people: int
    returning: int
    sessions: int
    pictures: int
    failed: int
    filled: int
    strangers: int

    @property
    def pairs(self) -> int:
        """Pairs of different people among the first folder's."""
        return self.people * (self.people - 1) // 2


@dataclass(frozen=True, slots=True, eq=False)
class ConformanceReport:
    """Everything on the page.

    ``problems``: sentences about pictures that could not be used. ``notes``: caveats for readers.
    """

    network: str
    sha256: str
    source: str
    data: DataAtHand
    judged: list[Judged]
    figures: dict[str, Measured]
    search: Search
    notes: list[str]
    problems: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return it ready for ``json``."""
        found: dict[str, Any] = plain(
            {
                "network": self.network,
                "sha256": self.sha256,
                "pictures": self.source,
                "version": __version__,
                "data": {
                    name: getattr(self.data, name) for name in (*DataAtHand.__slots__, "pairs")
                },
                "requirements": [one.to_json() for one in self.judged],
                "search": {
                    "gallery": GALLERY,
                    "compared": self.search.compared,
                    "strangers": self.search.strangers,
                    **_columns("fpir", self.search.fpir),
                    **_columns("fnir", self.search.fnir_at_door),
                    **_columns(f"fnir@fpir={SEARCH_FPIR:g}", self.search.fnir),
                },
                "notes": self.notes,
                "problems": self.problems,
            }
        )
        return found


def _columns(name: str, measured: Measured | None) -> dict[str, Any]:
    share = measured.share if measured else None
    low, high = measured.interval if measured and share is not None else (None, None)
    return {
        name: share,
        f"{name}_low": low,
        f"{name}_high": high,
        f"{name}_threshold": measured.threshold if measured else None,
    }


def conformance(
    root: Path,
    fill: Path | None,
    network: Network,
    detector: Detector,
    settings: Settings,
    shipped: Impostors | None,
) -> ConformanceReport:
    """Embed ``root/PERSON/SESSION/picture`` and ``fill/PERSON/picture`` and judge every bar.

    ``shipped``: the network's reference distances. Raise ``LearningError`` for a conditions.toml
    with a mistake, where nobody has two sessions, or nobody is a stranger.
    """
    conditions = read_conditions(root, OPEN_LIMITS)
    faces, embedded = embedded_sessions(root, network, detector, settings)
    others = (
        embedded_people(fill, network, detector, settings)
        if fill is not None
        else SessionFaces.none(faces.vectors.shape[1])
    )
    crowd = Crowd.drawn(others, TEMPLATES, settings.seed)
    fixed = settings.threshold or network.threshold or 1.0
    figures = verification(faces, crowd, fixed, settings, shipped)
    figures |= condition_errors(faces, [conditions.of(picture) for picture in embedded.pictures])
    search = identification(faces, crowd, fixed, settings, shipped)
    figures["fpir"] = search.fpir
    sessions = [len(faces.sessions_of(name)) for name in faces.names]
    data = DataAtHand(
        len(faces.names),
        sum(count > 1 for count in sessions),
        sum(sessions),
        embedded.total,
        embedded.failed,
        crowd.people,
        len(crowd.strangers.names),
    )
    return ConformanceReport(
        network.embedder.entry.id,
        network.sha256,
        f"{root}" + (f", gallery filled from {fill}" if fill else ""),
        data,
        judge_all(BARS, figures, conditions.limits, search.compared),
        figures,
        search,
        list(_notes(figures, settings, shipped, search)),
        [problem.sentence for problem in embedded.problems],
    )


def _notes(
    figures: dict[str, Measured], settings: Settings, shipped: Impostors | None, search: Search
) -> Iterator[str]:
    yield (
        "This is a self-test, not a certificate: the programmes use their own pictures, people and "
        "laboratories. It shows whether it is worth while to go to one, and what is missing."
    )
    yield (
        "Stills are judged one by one without the quality gate, and a visit is 8 to 15 stills of "
        "one session by the door's own vote."
    )
    if settings.threshold is not None:
        yield f"Everything is decided at the given threshold {settings.threshold:g}."
    else:
        yield (
            f"The threshold is the one that the door derives for {TARGET:g} stranger in 10,000 "
            "from the people enrolled and the network's reference distances"
            + ("." if shipped else "; there are none of this network, so it is a cautious guess.")
        )
    if missing := [name for name in CONDITIONS if f"eer-{name}" not in figures]:
        yield (
            f"Not tested: {', '.join(missing)}. {FILE} in the folder says which sessions or "
            "pictures show a condition."
        )
    if len(missing) < len(CONDITIONS):
        yield (
            "An EER is read off where both errors meet on these very pictures, so it is a little "
            "better than a threshold chosen beforehand would be."
        )
    yield "No presentation attack is in the pictures; docs/liveness.md says how they are tried."
    if search.compared < GALLERY:
        yield (
            f"The gallery has room for {GALLERY} people, but only {search.compared:,} could be "
            "enrolled at a time: the FPIR is theirs, and a full gallery lets in up to "
            f"{GALLERY / search.compared:.0f} times as many. --fill DIR2 adds people."
        )
