"""The access rules as the screen edits them: groups, weekly schedules and holidays by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum

from kiosk.core.decisions import Reason
from kiosk.core.people import Person

MINUTES = 24 * 60
"""Minutes of a day."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"
WEEK = (*DAYS, HOLIDAY)
"""The days of a schedule; the last one replaces the weekday on a holiday."""
BUILT_IN = ("always", "never")
"""Schedules that every site has and nobody edits."""

STORED = "rules.stored"
"""Key in the database's settings of the digest of the rules that were stored last."""

Block = tuple[int, int]
"""From minute ``begin`` of a day until just before minute ``end``; over 1440: after midnight."""


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """A schedule: its blocks by day of ``WEEK``, in order and without overlaps; none is closed.

    ``dates``: single days with blocks of their own, whatever weekday or holiday they are.
    """

    name: str
    days: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    dates: Mapping[date, tuple[Block, ...]] = field(default_factory=dict)

    def blocks(self, day: str) -> tuple[Block, ...]:
        """Return the blocks that begin on ``day``."""
        return self.days.get(day, ())

    def with_day(self, day: str, blocks: Iterable[Block]) -> WeekPlan:
        """Return the plan with other blocks on ``day``; blocks that touch are joined."""
        days = {**self.days, day: joined(blocks)}
        return replace(self, days={name: own for name, own in days.items() if own})

    def with_date(self, day: date, blocks: Iterable[Block] | None) -> WeekPlan:
        """Return the plan with ``blocks`` of its own on the date ``day``; ``None``: as usual."""
        dates = {own: kept for own, kept in self.dates.items() if own != day}
        return replace(self, dates=dates if blocks is None else {**dates, day: joined(blocks)})


@dataclass(frozen=True, slots=True)
class GroupRule:
    """A group, the name of its schedule, and what its people may do within it."""

    name: str
    schedule: str = "always"
    opens: bool = False
    alone: bool = False
    lockdown: bool = False


@dataclass(frozen=True, slots=True, order=True)
class ClosedDays:
    """A range of days that count as holidays, both ends included."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What the screen edits of the rules.

    ``default_group``: the group of people without one; empty: they are refused. ``country``: ISO
    code whose public holidays count; empty: none. ``worked``: working days nevertheless.
    """

    groups: tuple[GroupRule, ...] = (GroupRule("everybody"),)
    plans: tuple[WeekPlan, ...] = ()
    default_group: str = "everybody"
    country: str = ""
    worked: frozenset[date] = frozenset()
    closed: tuple[ClosedDays, ...] = ()

    def group(self, name: str) -> GroupRule | None:
        """Return the group called ``name``."""
        return next((group for group in self.groups if group.name == name), None)

    def plan(self, name: str) -> WeekPlan | None:
        """Return the schedule called ``name``, unless it is built in."""
        return next((plan for plan in self.plans if plan.name == name), None)

    def plan_names(self) -> tuple[str, ...]:
        """Return the names of all schedules, those of the site first."""
        return (*(plan.name for plan in self.plans), *BUILT_IN)


class RuleKind(StrEnum):
    """What of the rules has a name."""

    GROUP = "group"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    """A public holiday of the rules' country, or of the country that the screen offers."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """Rules that were in force before a change: when and by whom they were replaced."""

    number: int
    until: datetime
    by: str


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules with what the screen shows beside them.

    ``seen``: digest of the file, to notice that somebody else changed it. ``members``: number of
    people by group. ``plan_users``: what uses a schedule beside groups, as keys of the file
    (``door.free``). ``unknown_groups``: groups of people that no rule names. ``history``: earlier
    rules, newest first. ``changed_outside``: the file is not what the kiosk goes by. ``place``:
    path of the file. ``public_holidays``: of the rules' country, or of the one that is offered.
    ``zone``: time zone of the schedules, empty for that of the machine.
    """

    rules: AccessRules
    seen: str = ""
    members: Mapping[str, int] = field(default_factory=dict)
    plan_users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    history: tuple[RulesVersion, ...] = ()
    two_admins: bool = False
    changed_outside: bool = False
    place: str = ""
    public_holidays: tuple[PublicHoliday, ...] = ()
    zone: str = ""

    @property
    def unknown_groups(self) -> tuple[str, ...]:
        """Groups of people that no rule names: who is in no other group is refused."""
        known = {group.name for group in self.rules.groups}
        return tuple(sorted(name for name in self.members if name not in known))


@dataclass(frozen=True, slots=True)
class Entrant:
    """A person, and why they may not enter at the time asked; ``None`` if they may."""

    person: Person
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class EntryPreview:
    """Who may enter at ``at``. ``free``: the door stands open for everybody then."""

    at: datetime
    entrants: tuple[Entrant, ...]
    free: bool = False
    holiday: bool = False


def joined(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return ``blocks`` in order, with those that touch or overlap made one.

    One that does not begin at midnight ends a minute before it would begin again: the file cannot
    say a whole day from then.
    """
    made: list[Block] = []
    for begin, end in sorted(block for block in blocks if block[0] < block[1]):
        if made and begin <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((begin, end))
    return tuple((begin, min(end, begin + MINUTES - (begin > 0))) for begin, end in made)


def painted(blocks: Iterable[Block], begin: int, end: int) -> tuple[Block, ...]:
    """Return ``blocks`` with the minutes from ``begin`` until ``end`` added."""
    return joined([*blocks, (begin, end)])


def erased(blocks: Iterable[Block], begin: int, end: int) -> tuple[Block, ...]:
    """Return ``blocks`` without the minutes from ``begin`` until ``end``.

    What goes on after midnight belongs to the block: it goes with the block's last minute.
    """
    left: list[Block] = []
    for first, last in blocks:
        if last <= begin or first >= end:
            left.append((first, last))
            continue
        left.append((first, begin))
        if end < MINUTES:
            left.append((end, last))
    return joined(left)


def block_of(begin: time, end: time) -> Block:
    """Return the block between two times of day, past midnight where ``end`` is not later."""
    first, last = (at.hour * 60 + at.minute for at in (begin, end))
    if first == last != 0:
        raise ValueError(f"no time between {begin} and {end}")
    return first, last if last > first else last + MINUTES


def block_text(block: Block) -> str:
    """Return ``block`` as in the file: ``20:00-08:00``."""
    begin, end = block
    end = end - MINUTES if end > MINUTES else end
    return f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"


def digest(text: str) -> str:
    """Return the digest of a policy file's ``text``."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
