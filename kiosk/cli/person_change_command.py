"""``people change``: number, name, role, way in and dates of an enrolled person."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date

from kiosk.cli.shared import day, operator
from kiosk.core.errors import StorageError
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.services.administer import AdministerService

NO_DATE = "none"


def add_options(own: argparse.ArgumentParser) -> None:
    """Add the options of this action."""
    change = own.add_argument_group("change: what that person gets instead")
    change.add_argument("--new-number", metavar="NUMBER", help="another student number")
    change.add_argument("--name", help="another name")
    change.add_argument("--role", choices=[role.value for role in PersonRole])
    change.add_argument(
        "--entry",
        choices=[entry.value for entry in CredentialMode],
        help="another way in; a face is enrolled or deleted first",
    )
    change.add_argument("--valid-from", metavar="DATE", help=f"first day, or {NO_DATE}")
    change.add_argument("--valid-until", metavar="DATE", help=f"last day, or {NO_DATE}")


def change(args: argparse.Namespace, administer: AdministerService, person: Person) -> int:
    """Change what was named, and print the person as stored."""
    changed = replace(
        person,
        number=args.new_number or person.number,
        name=args.name or person.name,
        role=PersonRole(args.role) if args.role else person.role,
        entry=CredentialMode(args.entry) if args.entry else person.entry,
        valid_from=_day(args.valid_from, person.valid_from),
        valid_until=_day(args.valid_until, person.valid_until),
    )
    if changed == person:
        raise StorageError(
            "Name what to change, for example: people change 2026-1234 --role graduate."
        )
    stored = administer.save_person(operator(), changed)
    print(f"{stored.number} {stored.name}: changed")
    return 0


def _day(text: str | None, stored: date | None) -> date | None:
    if text is None:
        return stored
    return None if text == NO_DATE else day(text)
