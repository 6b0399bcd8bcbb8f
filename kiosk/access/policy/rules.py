"""The access policy as read from the policy file: frozen, without a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from kiosk.access.policy.calendar import Calendar
from kiosk.access.policy.weekly_schedule import ALWAYS, NEVER, Week
from kiosk.core.decisions import Factor, Reason


class AuthRequirement(StrEnum):
    """The factors that a person must give."""

    FACE = "face"
    FACE_PIN = "face_pin"
    NUMBER_FACE = "number_face"
    CARD_FACE = "card_face"

    def lacks(self, given: frozenset[Factor]) -> Reason | None:
        """Return what ``given`` lacks, or ``None``. A card counts as a number."""
        if Factor.FACE not in given:
            return Reason.UNKNOWN
        if self is AuthRequirement.FACE_PIN and Factor.PIN not in given:
            return Reason.PIN_NEEDED
        if self is AuthRequirement.CARD_FACE and Factor.CARD not in given:
            return Reason.CARD_NEEDED
        if self is AuthRequirement.NUMBER_FACE and not given & {Factor.NUMBER, Factor.CARD}:
            return Reason.NUMBER_NEEDED
        return None


class AntiPassback(StrEnum):
    """What happens when somebody enters who is already inside: nothing, a record, or a refusal."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


class DoorOverride(StrEnum):
    """The door's mode as set by an administrator; it overrides every schedule."""

    NORMAL = "normal"
    FREE = "free"
    LOCKDOWN = "lockdown"


@dataclass(frozen=True, slots=True)
class AccessGroup:
    """People who may enter during ``schedule``, within which alone the rest counts.

    ``opens``: members may be the first of a day. ``alone``: exempt from the two-person rule.
    ``lockdown``: may enter during a lock-down.
    """

    schedule: Week = ALWAYS
    opens: bool = False
    alone: bool = False
    lockdown: bool = False


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """All rules of a door. By default every enrolled, valid person may enter at any time by face.

    ``zone``: time zone of the schedules (``None``: that of the given time). ``default_group``: for
    people without a group. ``ways``: the first whose schedule fits is required, else ``way``.
    ``day_begins``: minute at which a new day of "first person" and "inside" begins.
    ``pin_for_everybody``: as set in ``door.pin_for``. ``passback_min``: minutes after which a
    person counts as outside again; 0: at the new day.
    """

    groups: Mapping[str, AccessGroup] = field(default_factory=lambda: {"everybody": AccessGroup()})
    default_group: str = "everybody"
    calendar: Calendar = field(default_factory=Calendar)
    zone: tzinfo | None = None
    way: AuthRequirement = AuthRequirement.FACE
    ways: tuple[tuple[Week, AuthRequirement], ...] = ()
    free: Week = NEVER
    first_person: Week = NEVER
    two_person: Week = NEVER
    two_person_s: float = 20.0
    passback: AntiPassback = AntiPassback.OFF
    passback_min: int = 0
    day_begins: int = 4 * 60
    interlock: bool = False
    duress: bool = False
    pin_for_everybody: bool = False

    def local(self, now: datetime) -> datetime:
        """Return ``now`` in the door's time zone."""
        return now if self.zone is None else now.astimezone(self.zone)

    def moment(self, wall: datetime) -> datetime:
        """Return the zone-aware moment of ``wall``, a time on a clock beside the door."""
        return wall.astimezone() if self.zone is None else wall.replace(tzinfo=self.zone)

    def within(self, week: Week, now: datetime) -> bool:
        """Return whether ``now`` is within ``week``."""
        local = self.local(now)
        today = local.date()
        yesterday = today - timedelta(days=1) if today.toordinal() > 1 else today
        return week.contains(
            local, self.calendar.is_holiday(today), self.calendar.is_holiday(yesterday)
        )

    def asked_way(self, now: datetime) -> AuthRequirement:
        """Return the factors required at ``now``."""
        return next((way for week, way in self.ways if self.within(week, now)), self.way)

    def day(self, now: datetime) -> int:
        """Return the number of the day of ``now``, which begins at ``day_begins``."""
        local = self.local(now)
        return local.toordinal() - (local.hour * 60 + local.minute < self.day_begins)

    def groups_of(self, names: tuple[str, ...]) -> tuple[AccessGroup, ...]:
        """Return the known groups among ``names``, or the default group."""
        return tuple(
            self.groups[name] for name in names or (self.default_group,) if name in self.groups
        )

    def groups_at(self, names: tuple[str, ...], now: datetime) -> tuple[AccessGroup, ...]:
        """Return those of ``groups_of`` whose schedule holds at ``now``."""
        return tuple(g for g in self.groups_of(names) if self.within(g.schedule, now))
