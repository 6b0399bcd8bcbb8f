"""One attempt at the door, judged: a pure function of the rules, what is remembered, and the attempt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from kiosk.access.policy.rules import AccessGroup, AccessPolicy, AntiPassback, DoorOverride
from kiosk.access.policy.validity import may_enter
from kiosk.core.decisions import Factor, Reason
from kiosk.core.people import Person


@dataclass(frozen=True, slots=True)
class FirstOfTwo:
    """The first of two, by id, since when, and whether they may be the first of the day."""

    person_id: int
    since: datetime
    opens: bool


@dataclass(frozen=True, slots=True)
class PolicyMemory:
    """What must be remembered between attempts.

    ``inside``: when each person (by id) came in last. ``pending``: who waits for a second person. ``opened_day``: the day
    on which one of those came who may be the first.
    """

    inside: dict[int, datetime] = field(default_factory=dict)
    pending: FirstOfTwo | None = None
    opened_day: int | None = None


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """``person``: whose face it is, as enrolled now; ``None`` where nobody is. ``given``: the proofs. ``at``: zone-aware."""

    person: Person | None
    given: frozenset[Factor]
    at: datetime
    other_door_open: bool = False

    @property
    def duress(self) -> bool:
        """Whether the PIN given calls for help."""
        return Factor.DURESS_PIN in self.given


@dataclass(frozen=True, slots=True)
class AccessResult:
    """``reason``: why not; ``None`` lets in, ``DURESS`` does too and calls for help. ``memory``: as it is after the attempt.
    ``notes``: events that are to be recorded."""

    reason: Reason | None
    memory: PolicyMemory
    notes: tuple[str, ...] = ()


def evaluate(
    rules: AccessPolicy, override: DoorOverride, memory: PolicyMemory, attempt: AccessRequest
) -> AccessResult:
    """Whether ``attempt`` may open the door. Nothing counts as entered by this: see ``entered``."""
    person = attempt.person
    reason = may_enter(
        person, rules.local(attempt.at), attempt.given, pin_for_everybody=rules.pin_for_everybody
    )
    if person is None or reason is not None:
        return AccessResult(reason or Reason.UNKNOWN, memory)
    groups = rules.groups_of(person.groups)
    reason = _times(rules, override, memory, attempt, person, groups) or _proof(
        rules, attempt, person
    )
    if reason is not None:
        return AccessResult(reason, memory)
    again = rules.passback is not AntiPassback.OFF and is_inside(rules, memory, person, attempt.at)
    if again and rules.passback is AntiPassback.HARD:
        return AccessResult(Reason.ALREADY_INSIDE, memory)
    if not any(group.alone for group in groups) and rules.within(rules.two_person, attempt.at):
        reason, memory = _second(rules, memory, person, groups, attempt.at)
    notes = ("passback",) if again and reason is None else ()
    return AccessResult(
        Reason.DURESS if attempt.duress and reason is None else reason, memory, notes
    )


def entered(
    rules: AccessPolicy, memory: PolicyMemory, person: Person, at: datetime
) -> PolicyMemory:
    """``person`` was let in at ``at``, and with them whoever waited for a second person."""
    assert person.id is not None, "whoever is let in is enrolled"
    first = _first_of_two(rules, memory, person, at)
    inside = {who: when for who, when in memory.inside.items() if _still_inside(rules, when, at)}
    inside |= dict.fromkeys((person.id, first.person_id if first else person.id), at)
    opens = any(group.opens for group in rules.groups_of(person.groups)) or (
        first is not None and first.opens
    )
    return replace(
        memory,
        inside=inside,
        pending=None,
        opened_day=rules.day(at) if opens else memory.opened_day,
    )


def is_free(
    rules: AccessPolicy, override: DoorOverride, memory: PolicyMemory, now: datetime
) -> bool:
    """Whether the door stands open for everybody at ``now``: by hand, or by schedule once the first person has come."""
    if override is not DoorOverride.NORMAL:
        return override is DoorOverride.FREE
    waits = rules.within(rules.first_person, now) and memory.opened_day != rules.day(now)
    return rules.within(rules.free, now) and not waits


def is_inside(rules: AccessPolicy, memory: PolicyMemory, person: Person, now: datetime) -> bool:
    """Whether ``person`` came in and has not gone out since, as far as one door can tell."""
    since = memory.inside.get(person.id or 0)
    return since is not None and _still_inside(rules, since, now)


def number_inside(rules: AccessPolicy, memory: PolicyMemory, now: datetime) -> int:
    """How many people came in and have not gone out since, as far as one door can tell."""
    return sum(_still_inside(rules, since, now) for since in memory.inside.values())


def _still_inside(rules: AccessPolicy, since: datetime, now: datetime) -> bool:
    minutes = (now - since).total_seconds() / 60
    return rules.day(since) == rules.day(now) and (
        not rules.passback_min or minutes < rules.passback_min
    )


def _times(
    rules: AccessPolicy,
    override: DoorOverride,
    memory: PolicyMemory,
    attempt: AccessRequest,
    person: Person,
    groups: tuple[AccessGroup, ...],
) -> Reason | None:
    if override is DoorOverride.LOCKDOWN and not any(group.lockdown for group in groups):
        return Reason.LOCKDOWN
    if not groups:
        return Reason.NO_GROUP
    if not any(rules.within(group.schedule, attempt.at) for group in groups):
        return Reason.OUT_OF_SCHEDULE
    if rules.interlock and attempt.other_door_open:
        return Reason.OTHER_DOOR_OPEN
    if rules.within(rules.first_person, attempt.at) and memory.opened_day != rules.day(attempt.at):
        first = _first_of_two(rules, memory, person, attempt.at)
        if not any(group.opens for group in groups) and not (first and first.opens):
            return Reason.FIRST_PERSON_NEEDED
    return None


def _proof(rules: AccessPolicy, attempt: AccessRequest, person: Person) -> Reason | None:
    """What is missing of the proof that is asked for at that hour."""
    # whoever comes without their face has proven already that they may; all else is asked of them too
    reason = rules.asked_way(attempt.at).lacks(attempt.given | {Factor.FACE})
    return Reason.NO_PIN if reason is Reason.PIN_NEEDED and not person.has_pin else reason


def _first_of_two(
    rules: AccessPolicy, memory: PolicyMemory, person: Person, at: datetime
) -> FirstOfTwo | None:
    """Whoever waits for a second person just now, where that can be ``person``."""
    first = memory.pending
    if first is None or first.person_id == person.id or not rules.within(rules.two_person, at):
        return None
    return first if 0 <= (at - first.since).total_seconds() <= rules.two_person_s else None


def _second(
    rules: AccessPolicy,
    memory: PolicyMemory,
    person: Person,
    groups: tuple[AccessGroup, ...],
    at: datetime,
) -> tuple[Reason | None, PolicyMemory]:
    """Whether ``person`` is the second of two; else they are the first, and the second is waited for."""
    if _first_of_two(rules, memory, person, at) is not None:
        return None, memory
    waiting = FirstOfTwo(person.id or 0, at, any(group.opens for group in groups))
    return Reason.SECOND_PERSON_NEEDED, replace(memory, pending=waiting)
