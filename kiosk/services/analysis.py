"""Threshold analysis: distances, the effect of another choice, and making it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

import numpy as np

from kiosk.core.decisions import LogEntry, LogFilter, Mode, Outcome
from kiosk.core.errors import ConfigError, SignInError
from kiosk.core.people import Person
from kiosk.core.ports import AuditPort, Clock
from kiosk.core.rights import Actor, Right, may, require
from kiosk.core.templates import EmbedderInfo, Template
from kiosk.core.threshold_analysis import (
    TARGET_LIMITS,
    AnalysisView,
    ChoicePreview,
    Distances,
    GroupReport,
    Source,
)
from kiosk.core.thresholds import Choice, Derived
from kiosk.services.decision_replay import Replayer, TracesPort, changes
from kiosk.services.two_admins import TwoAdmins

MAX_DECISIONS = 5000
"""Number of newest decisions analysed: about one term at a laboratory's door."""

LEAST, MOST = 0.25, 1.25
"""Bounds of a fixed distance, times the network's own threshold.

Below, nobody is let in any more: no two pictures of one person are so near. Above, most strangers
are, since of pairs of strangers one in 10,000 is nearer than the threshold itself.
"""


class EnrolledPort(Protocol):
    """Enrolled people and their templates of one network."""

    def get(self, person_id: int) -> Person | None: ...
    def templates(self, embedder_id: str) -> list[Template]: ...


class ChoicePort(Protocol):
    """The choice made on the screen, if any."""

    def get(self) -> Choice | None: ...
    def set(self, choice: Choice | None) -> None: ...


Derive = Callable[[Choice, Sequence[Template]], Derived]
Measure = Callable[[Source, Sequence[Template]], Distances]
OfDecisions = Callable[[np.ndarray, np.ndarray], Distances]


class AnalysisService:
    """Safe to call from any thread that may block.

    Staff see today's decisions only, and may only choose a stricter target: a fixed
    distance decides who is let in, also of the people enrolled later.
    """

    def __init__(
        self,
        people: EnrolledPort,
        traces: TracesPort,
        choice: ChoicePort,
        audit: AuditPort,
        clock: Clock,
        *,
        info: EmbedderInfo,
        configured: Choice,
        derive: Derive,
        measure: Measure,
        of_decisions: OfDecisions,
        replay: Replayer,
        groups: Callable[[], GroupReport | None],
        changed: Callable[[], None],
        two: TwoAdmins | None = None,
    ) -> None:
        self._people = people
        self._traces = traces
        self._choice = choice
        self._audit = audit
        self._clock = clock
        self._info = info
        self._configured = configured
        self._derive = derive
        self._measure = measure
        self._of_decisions = of_decisions
        self._replay = replay
        self._groups = groups
        self._changed = changed
        self._two = two

    def view(self, actor: Actor, source: Source) -> AnalysisView:
        """Return the distances of ``source`` and the choice in force."""
        require(actor, Right.TUNE_THRESHOLD)
        templates = self._people.templates(self._info.id)
        stored = self._choice.get()
        choice = stored or self._configured
        distances = (
            self._decided(actor) if source is Source.LOG else self._measure(source, templates)
        )
        return AnalysisView(
            distances,
            self._derive(choice, templates),
            choice,
            self._configured,
            stored is not None,
            self._info.far,
            len({t.person_id for t in templates}),
            self._groups(),
            self._two is not None and self._two.required,
        )

    def preview(self, actor: Actor, choice: Choice | None) -> ChoicePreview:
        """Return the effect of ``choice``; ``None`` means the choice of the settings file.

        Raises ``ConfigError`` for a choice out of bounds.
        """
        return self._evaluated(actor, choice)[0]

    def apply(
        self, actor: Actor, choice: Choice | None, name: str = "", pin: str = ""
    ) -> ChoicePreview:
        """Decide by ``choice`` from now on; recorded first, and nothing changes if that fails.

        ``name`` and ``pin``: of the second administrator, where the settings ask for two to make
        the door less strict.
        """
        found, detail = self._evaluated(actor, choice)
        if found.lowers:
            require(actor, Right.LOWER_THRESHOLD)
        if found.choice.distance is not None and not may(actor, Right.LOWER_THRESHOLD):
            raise SignInError(
                "Only an administrator may fix the distance; choose a target, or ask one.",
                key="error.fixed_admin_only",
            )
        if found.shuts_out:
            raise ConfigError(
                "With this target nobody would be let in any more; choose a larger one.",
                key="error.choice_shuts_out",
            )
        by = actor.name
        if found.lowers and self._two is not None:
            by = self._two.agreed(actor, name, pin)
        self._audit.record("threshold.changed", by, detail)
        self._choice.set(choice)
        self._changed()
        return found

    def _evaluated(
        self, actor: Actor, choice: Choice | None
    ) -> tuple[ChoicePreview, Mapping[str, object]]:
        """Return the effect of ``choice``, and what to record in the audit log."""
        require(actor, Right.TUNE_THRESHOLD)
        effective = self._configured if choice is None else _checked(choice, self._info.threshold)
        stored = self._choice.get()
        present = stored or self._configured
        templates = self._people.templates(self._info.id)
        before = self._derive(present, templates)
        after = self._derive(effective, templates)
        thresholds = {Mode.IDENTIFY: after.identify.threshold, Mode.VERIFY: after.verify.threshold}
        replay = changes(
            self._recent(actor), self._info.id, thresholds, self._replay, self._name_of
        )
        less_strict = _less_strict(present, before, effective, after)
        fixes = effective.distance is not None and present.distance is None
        lowers = less_strict or fixes
        least = LEAST * self._info.threshold
        shuts_out = choice is not None and after.identify.threshold < min(
            least, before.identify.threshold
        )
        only_fixes = fixes and not less_strict
        return ChoicePreview(effective, after, replay, lowers, shuts_out, only_fixes), {
            "before": _text(stored),
            "after": _text(choice),
            "lowers": lowers,
            "embedder": self._info.id,
            "threshold_before": round(before.identify.threshold, 6),
            "threshold_after": round(after.identify.threshold, 6),
            "replayed": replay.replayed,
            "opened": replay.opened,
            "refused": replay.refused,
        }

    def _name_of(self, person_id: int) -> str:
        person = self._people.get(person_id)
        return person.name if person else ""

    def _decided(self, actor: Actor) -> Distances:
        """Return the distances of past decisions made with this network, by outcome."""
        rows = [entry.decision for entry, _ in self._recent(actor)]
        compared = [
            (row.distance, row.outcome)
            for row in rows
            if row.distance is not None and row.embedder_id == self._info.id
        ]
        accepted, refused = (
            np.array([d for d, outcome in compared if outcome is kind], np.float64)
            for kind in (Outcome.ACCEPT, Outcome.REJECT)
        )
        return self._of_decisions(accepted, refused)

    def _recent(self, actor: Actor) -> list[tuple[LogEntry, bytes]]:
        today: date = self._clock().date()
        wanted = (
            LogFilter() if may(actor, Right.VIEW_HISTORY) else LogFilter(since=today, until=today)
        )
        return self._traces.recent(wanted, MAX_DECISIONS)


def _checked(choice: Choice, own_threshold: float) -> Choice:
    """Return ``choice``; raise ``ConfigError`` unless it is within the bounds."""
    low, high = TARGET_LIMITS
    least, most = LEAST * own_threshold, MOST * own_threshold
    if choice.target is not None and math.isfinite(choice.target) and low <= choice.target <= high:
        return choice
    if (
        choice.target is None
        and choice.distance is not None
        and math.isfinite(choice.distance)
        and least <= choice.distance <= most
    ):
        return choice
    raise ConfigError(
        f"Choose a target between {low:g} and {high:g} strangers in 10,000, "
        f"or a distance between {least:.2f} and {most:.2f}.",
        key="error.choice_bounds",
        low=f"{low:g}",
        high=f"{high:,.0f}",
        least=f"{least:.2f}",
        most=f"{most:.2f}",
    )


def _less_strict(present: Choice, before: Derived, chosen: Choice, after: Derived) -> bool:
    """Whether strangers are accepted more easily from now on."""
    farther = (
        after.identify.threshold > before.identify.threshold
        or after.verify.threshold > before.verify.threshold
    )
    laxer = (
        chosen.target is not None and present.target is not None and chosen.target > present.target
    )
    return farther or laxer


def _text(choice: Choice | None) -> str:
    if choice is None:
        return "settings"
    return (
        f"target {choice.target:g}"
        if choice.target is not None
        else f"distance {choice.distance:g}"
    )
