"""``people change``: number, name, role, way in and dates of an enrolled person."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date, time

from kiosk.app.bootstrap.policy_factory import door_clock
from kiosk.cli.shared import data_dir, day, operator
from kiosk.core.config import Config
from kiosk.core.errors import StorageError
from kiosk.core.passes import PassPreset, parse_time, pass_end
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.core.ports import Clock
from kiosk.services.administer import AdministerService

NO_DATE = "none"


def add_options(own: argparse.ArgumentParser) -> None:
    """Add the options of this action."""
    change = own.add_argument_group("change: what that person gets instead")
    change.add_argument("--new-number", metavar="NUMBER", help="another student number")
    change.add_argument("--name", help="another name")
    change.add_argument(
        "--role", choices=[role.value for role in PersonRole], help="list: only that role"
    )
    change.add_argument(
        "--entry",
        choices=[entry.value for entry in CredentialMode],
        help="another way in; a face is enrolled or deleted first",
    )
    change.add_argument("--valid-from", metavar="DATE", help=f"first day, or {NO_DATE}")
    change.add_argument("--valid-until", "--until", metavar="DATE", help=f"last day, or {NO_DATE}")
    change.add_argument(
        "--until-time", metavar="HH:MM", help=f"when the last day ends, or {NO_DATE} for midnight"
    )
    change.add_argument(
        "--pass",
        dest="preset",
        choices=[preset.value for preset in PassPreset],
        help="a ready-made end: hours from now, today, the end of the semester, a year",
    )


def change(
    args: argparse.Namespace, administer: AdministerService, person: Person, config: Config
) -> int:
    """Change what was named, and print the person as stored."""
    changed = replace(
        _with_pass(args, person, config, door_clock(config, data_dir(args))),
        number=args.new_number or person.number,
        name=args.name or person.name,
        role=PersonRole(args.role) if args.role else person.role,
        entry=CredentialMode(args.entry) if args.entry else person.entry,
        valid_from=_day(args.valid_from, person.valid_from),
    )
    if args.valid_until is not None:
        changed = replace(changed, valid_until=_day(args.valid_until, None), until_time=None)
    if args.until_time is not None:
        changed = replace(changed, until_time=_time(args.until_time))
    if changed == person:
        raise StorageError(
            "Name what to change, for example: people change 2026-1234 --role graduate."
        )
    stored = administer.save_person(operator(), changed)
    print(f"{stored.number} {stored.name}: changed")
    return 0


def _with_pass(
    args: argparse.Namespace, person: Person, config: Config, door_time: Clock
) -> Person:
    if args.preset is None:
        return person
    end = pass_end(PassPreset(args.preset), door_time(), config.enrolment.semester_ends)
    if end is None:
        raise StorageError("The end of the semester is not set; set enrolment.semester_ends.")
    return replace(person, valid_until=end.day, until_time=end.at)


def _time(text: str) -> time | None:
    if text == NO_DATE:
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise StorageError(f"{text!r} is not a time of day; write it as 18:30.") from None


def _day(text: str | None, stored: date | None) -> date | None:
    if text is None:
        return stored
    return None if text == NO_DATE else day(text)
