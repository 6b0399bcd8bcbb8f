"""Which people a list shows, and the state that each of them is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kiosk.core.people import CredentialMode, Person, PersonRole


class PersonState(StrEnum):
    """Whether a person may enter now; the most serious state first."""

    DISABLED = "disabled"
    EXPIRED = "expired"
    NO_FACE = "no_face"
    NOT_YET = "not_yet"
    NEEDS_PIN = "needs_pin"
    ACTIVE = "active"


def state_of(person: Person, now: datetime) -> PersonState:
    """Return the most serious state of ``person`` at ``now``, a local time."""
    faceless = person.entry is not CredentialMode.FACE
    if not person.enabled:
        return PersonState.DISABLED
    if person.ended(now):
        return PersonState.EXPIRED
    if person.templates == 0 and not faceless:
        return PersonState.NO_FACE
    if person.valid_from and person.valid_from > now.date():
        return PersonState.NOT_YET
    if (person.look_alike or faceless) and not person.has_pin:
        return PersonState.NEEDS_PIN
    return PersonState.ACTIVE


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What people must meet to be listed; everybody does by default.

    ``text``: words, all of which are in name or number. ``without``: an embedder's id; only people
    with templates, but none of it. ``role``, ``state``: one of them. ``unseen_days``: nobody let in
    within that many days. ``never_seen``: never let in, as far as is known. ``ends_within_days``:
    people whose last day is among that many from today on.
    """

    text: str = ""
    without: str = ""
    role: PersonRole | None = None
    state: PersonState | None = None
    unseen_days: int | None = None
    never_seen: bool = False
    ends_within_days: int | None = None


EVERYBODY = PeopleFilter()
