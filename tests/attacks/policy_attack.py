"""Attacks on the access policy: members of a group try its privileges outside its hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import AccessGroup, AccessPolicy, DoorOverride
from kiosk.access.policy.weekly_schedule import ALWAYS, Span, Week
from kiosk.core.decisions import BY_FACE, Decision, Mode, Outcome, Reason
from kiosk.core.people import Person
from tests.attacks.table import Outcome as Row
from tests.attacks.table import attack

NIGHT = Week({day: (Span.parse("20:00-06:00"),) for day in ("mon", "tue", "wed", "thu", "fri")})
GUARDS = AccessGroup(NIGHT, opens=True, alone=True, lockdown=True)
GROUPS = {"everybody": AccessGroup(), "guards": GUARDS}


def _engine(first: bool, two: bool, override: DoorOverride) -> PolicyEngine:
    rules = AccessPolicy(
        GROUPS,
        first_person=ALWAYS if first else Week(),
        two_person=ALWAYS if two else Week(),
    )
    engine = PolicyEngine(rules, lambda event, actor, detail: None)
    engine.set_override(override, "administrator")
    return engine


def _enters(engine: PolicyEngine, person: Person, at: datetime) -> bool:
    """Ask as the door does, and tell the engine what became of it."""
    reason = engine(person, at, BY_FACE)
    outcome = Outcome.REJECT if reason else Outcome.ACCEPT
    engine.decided(
        Decision(at, outcome, reason or Reason.MATCH, Mode.IDENTIFY, 1.0, "net", person.id)
    )
    return reason is None


@attack("B10", "enter with a group's privileges outside its hours", tries=5000, short=200)
def privileges_outside_hours(folder: Path, tries: int) -> Row:
    """Come by day, as a night guard who is also an ordinary member, against every rule."""
    random = Random(10)
    guard = Person("2026-1", "guard", id=1, groups=("everybody", "guards"))
    rules = [
        (first, two, override)
        for first, two, override in product(
            (True, False), (True, False), (DoorOverride.NORMAL, DoorOverride.LOCKDOWN)
        )
        if first or two or override is DoorOverride.LOCKDOWN
    ]
    succeeded = 0
    for number in range(tries):
        engine = _engine(*rules[number % len(rules)])
        day = datetime(2026, 3, 2 + random.randrange(5), 6, tzinfo=UTC)
        at = day + timedelta(seconds=random.randrange(14 * 3600))
        succeeded += _enters(engine, guard, at)
    return tries, succeeded, "first of the day, alone, and in a lock-down"
