"""Who may enter at a moment, answered by the code that decides at the door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from kiosk.access.policy.evaluate import AccessRequest, PolicyMemory, evaluate, is_free
from kiosk.access.policy.rules import AccessPolicy, DoorOverride
from kiosk.core.access_rules import Entrant, EntryPreview
from kiosk.core.decisions import Factor, Reason
from kiosk.core.people import CredentialMode, Person

ALLOWING = frozenset({Reason.DURESS})
"""Reasons with which the door opens."""


def outlook(
    rules: AccessPolicy,
    override: DoorOverride,
    memory: PolicyMemory,
    people: Iterable[Person],
    has_card: Callable[[int], bool],
    at: datetime,
    *,
    other_door_open: bool = False,
) -> EntryPreview:
    """Return for each of ``people`` whether they may enter at ``at`` (zone-aware).

    Each is asked with all factors that they can give: their face if it is enrolled, their number,
    their PIN and a card if they have one. The memory is not changed.
    """
    entrants = []
    for person in people:
        request = AccessRequest(
            person, factors_of(person, has_card(person.id or 0)), at, other_door_open
        )
        reason = evaluate(rules, override, memory, request).reason
        entrants.append(Entrant(person, None if reason in ALLOWING else reason))
    return EntryPreview(
        at=rules.local(at),
        entrants=tuple(entrants),
        free=is_free(rules, override, memory, at),
        holiday=rules.calendar.is_holiday(rules.local(at).date()),
    )


def factors_of(person: Person, has_card: bool) -> frozenset[Factor]:
    """Return the factors that ``person`` can give at the door."""
    factors = {Factor.NUMBER}
    if person.templates and person.entry is CredentialMode.FACE:
        factors.add(Factor.FACE)
    if person.has_pin:
        factors.add(Factor.PIN)
    if has_card:
        factors.add(Factor.CARD)
    return frozenset(factors)
