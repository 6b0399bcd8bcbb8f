"""Evaluation of one access request: a pure function of policy, memory and request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from kiosk.access.policy.rules import AccessGroup, AccessPolicy, AntiPassback, DoorOverride
from kiosk.access.policy.validity import may_enter
from kiosk.core.decisions import Factor, Reason
from kiosk.core.people import Person


@dataclass(frozen=True, slots=True)
class FirstOfTwo:
    """The first of two people under the two-person rule: their id, since when they wait, the names
    of their groups, and whether their PIN called for help.
    """

    person_id: int
    since: datetime
    groups: tuple[str, ...] = ()
    duress: bool = False


@dataclass(frozen=True, slots=True)
class PolicyMemory:
    """What must be remembered between requests.

    ``inside``: when each person (by id) last entered. ``pending``: who waits for a second person.
    ``opened_day``: the day on which somebody entered who may be the first.
    """

    inside: dict[int, datetime] = field(default_factory=dict)
    pending: FirstOfTwo | None = None
    opened_day: int | None = None


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One attempt at the door.

    ``person``: the recognised person as enrolled now, if any. ``given``: the factors. ``at``:
    zone-aware.
    """

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
    """The policy's answer.

    ``reason``: why access is refused; ``None`` lets in, and so does ``DURESS``: somebody who comes
    in has called for help. ``memory``: after the request. ``notes``: events to record.
    """

    reason: Reason | None
    memory: PolicyMemory
    notes: tuple[str, ...] = ()


def evaluate(
    rules: AccessPolicy, override: DoorOverride, memory: PolicyMemory, request: AccessRequest
) -> AccessResult:
    """Return whether ``request`` may open the door.

    The person counts as inside only after ``entered``.
    """
    person = request.person
    reason = may_enter(
        person, rules.local(request.at), request.given, pin_for_everybody=rules.pin_for_everybody
    )
    if person is None or reason is not None:
        return AccessResult(reason or Reason.UNKNOWN, memory)
    groups = rules.groups_at(person.groups, request.at)
    reason = _times(rules, override, memory, request, person, groups) or _proof(
        rules, request, person
    )
    if reason is not None:
        return AccessResult(reason, memory)
    again = rules.passback is not AntiPassback.OFF and is_inside(rules, memory, person, request.at)
    if again and rules.passback is AntiPassback.HARD:
        return AccessResult(Reason.ALREADY_INSIDE, memory)
    if not any(group.alone for group in groups) and rules.within(rules.two_person, request.at):
        reason, memory = _second(rules, memory, person, request)
    notes = ("passback",) if again and reason is None else ()
    first = _first_of_two(rules, memory, person, request.at)
    duress = request.duress or (first is not None and first.duress)
    return AccessResult(Reason.DURESS if duress and reason is None else reason, memory, notes)


def entered(
    rules: AccessPolicy, memory: PolicyMemory, person: Person, at: datetime
) -> PolicyMemory:
    """Return the memory once ``person``, and a first person waiting for them, has entered."""
    assert person.id is not None, "only enrolled people enter"
    first = _first_of_two(rules, memory, person, at)
    inside = {who: when for who, when in memory.inside.items() if _still_inside(rules, when, at)}
    inside |= dict.fromkeys((person.id, first.person_id if first else person.id), at)
    opens = _opens(rules, person.groups, at) or (
        first is not None and _opens(rules, first.groups, at)
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
    """Return whether the door stands open for everybody at ``now``.

    By mode, or by schedule once a required first person has come.
    """
    if override is not DoorOverride.NORMAL:
        return override is DoorOverride.FREE
    waits = rules.within(rules.first_person, now) and memory.opened_day != rules.day(now)
    return rules.within(rules.free, now) and not waits


def is_inside(rules: AccessPolicy, memory: PolicyMemory, person: Person, now: datetime) -> bool:
    """Return whether ``person`` entered and has not left since, as far as one door can tell."""
    since = memory.inside.get(person.id or 0)
    return since is not None and _still_inside(rules, since, now)


def number_inside(rules: AccessPolicy, memory: PolicyMemory, now: datetime) -> int:
    """Return how many people entered and have not left since, as far as one door can tell."""
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
    request: AccessRequest,
    person: Person,
    groups: tuple[AccessGroup, ...],
) -> Reason | None:
    """Return what speaks against the hour. ``groups``: the person's, as far as they count now."""
    if override is DoorOverride.LOCKDOWN and not any(group.lockdown for group in groups):
        return Reason.LOCKDOWN
    if not groups:
        known = rules.groups_of(person.groups)
        return Reason.OUT_OF_SCHEDULE if known else Reason.NO_GROUP
    if rules.interlock and request.other_door_open:
        return Reason.OTHER_DOOR_OPEN
    if rules.within(rules.first_person, request.at) and memory.opened_day != rules.day(request.at):
        first = _first_of_two(rules, memory, person, request.at)
        if not any(group.opens for group in groups) and not (
            first and _opens(rules, first.groups, request.at)
        ):
            return Reason.FIRST_PERSON_NEEDED
    return None


def _proof(rules: AccessPolicy, request: AccessRequest, person: Person) -> Reason | None:
    """Return what the factors required at that hour still lack."""
    # entering without a face was approved earlier; every other factor is still required
    reason = rules.asked_way(request.at).lacks(request.given | {Factor.FACE})
    return Reason.NO_PIN if reason is Reason.PIN_NEEDED and not person.has_pin else reason


def _first_of_two(
    rules: AccessPolicy, memory: PolicyMemory, person: Person, at: datetime
) -> FirstOfTwo | None:
    """Return the first of two people who waits for ``person`` and may still enter, if any."""
    first = memory.pending
    if first is None or first.person_id == person.id or not rules.within(rules.two_person, at):
        return None
    if not 0 <= (at - first.since).total_seconds() <= rules.two_person_s:
        return None
    return first if rules.groups_at(first.groups, at) else None


def _opens(rules: AccessPolicy, groups: tuple[str, ...], at: datetime) -> bool:
    """Return whether members of ``groups`` may be the first of the day at ``at``."""
    return any(group.opens for group in rules.groups_at(groups, at))


def _second(
    rules: AccessPolicy, memory: PolicyMemory, person: Person, request: AccessRequest
) -> tuple[Reason | None, PolicyMemory]:
    """Accept ``person`` as the second of two, or remember them as the first."""
    if _first_of_two(rules, memory, person, request.at) is not None:
        return None, memory
    waiting = FirstOfTwo(person.id or 0, request.at, person.groups, request.duress)
    return Reason.SECOND_PERSON_NEEDED, replace(memory, pending=waiting)
