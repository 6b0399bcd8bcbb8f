"""What counts while two versions of one fact wait for staff to choose: the stricter of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time

from kiosk.core.fleet import FleetAccount, FleetPerson
from kiosk.core.people import AccountRole
from kiosk.storage.backup.carry_over import STRICTNESS
from kiosk.storage.crypto.pin_hashing import FORMER
from kiosk.storage.fleet.person_digest import face_of


def stricter_person(mine: FleetPerson, theirs: FleetPerson) -> FleetPerson:
    """Return a person who may do only what both versions allow; name and number are theirs.

    Only faces, cards and groups of both count. Of two PINs the newer one does; without a PIN in
    either there is none. Where both have groups but none in common, the person is disabled.
    """
    groups, common = _groups(mine.groups, theirs.groups)
    valid_until, until_time = _earlier(mine, theirs)
    newer = max(mine, theirs, key=lambda one: (one.pin_set_at is not None, one.pin_set_at or 0))
    with_pin = newer if mine.pin_hash and theirs.pin_hash else None
    faces = {face_of(one) for one in mine.templates}
    kinds = {given.kind for given in mine.consents}
    return replace(
        theirs,
        enabled=mine.enabled and theirs.enabled and common,
        entry=max(mine.entry, theirs.entry, key=STRICTNESS.index),
        groups=groups,
        valid_from=max(
            (day for day in (mine.valid_from, theirs.valid_from) if day is not None), default=None
        ),
        valid_until=valid_until,
        until_time=until_time,
        consents=tuple(given for given in theirs.consents if given.kind in kinds),
        pin_hash=with_pin.pin_hash if with_pin else "",
        pin_set_at=with_pin.pin_set_at if with_pin else None,
        cards=tuple(card for card in theirs.cards if card in mine.cards),
        templates=tuple(one for one in theirs.templates if face_of(one) in faces),
    )


def stricter_account(mine: FleetAccount, theirs: FleetAccount) -> FleetAccount:
    """Return an account that may do only what both versions allow, with the newer PIN."""
    newer = max(mine, theirs, key=lambda one: one.pin_given_at or one.created_at)
    if mine.pin_hash.startswith(FORMER):  # no other node can compare it
        newer = theirs
    staff = AccountRole.STAFF.value
    return replace(
        theirs,
        enabled=mine.enabled and theirs.enabled,
        role=staff if staff in (mine.role, theirs.role) else theirs.role,
        pin_hash=newer.pin_hash,
        pin_given_at=newer.pin_given_at,
        pin_is_own=newer.pin_is_own,
    )


def _groups(mine: Sequence[str], theirs: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Return the groups of both, and whether that is stricter than either.

    No group means the default one, so the groups of the other version count then.
    """
    if not mine or not theirs:
        return tuple(mine or theirs), True
    both = tuple(name for name in theirs if name in mine)
    return (both, True) if both else (tuple(theirs), False)


def _earlier(mine: FleetPerson, theirs: FleetPerson) -> tuple[date | None, time | None]:
    ends = [one for one in (mine, theirs) if one.valid_until is not None]
    if not ends:
        return None, None
    first = min(ends, key=lambda one: (one.valid_until, one.until_time or time.max))
    return first.valid_until, first.until_time
