"""``people change --where …``: the same change for many people; without --yes only a preview."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from kiosk.app.bootstrap.use_cases import build_people_bulk
from kiosk.cli.shared import counted, day, operator
from kiosk.core.errors import ConfigError
from kiosk.core.people import Person, PersonRole
from kiosk.core.people_filter import PeopleFilter, PersonState
from kiosk.services.administer import AdministerService
from kiosk.services.people_bulk import BulkEdit
from kiosk.storage.store import Store

KEYS = ("text", "role", "state", "unseen-days", "ends-within", "never-seen", "everybody")
PAGE = 500


def add_options(own: argparse.ArgumentParser) -> None:
    """Add the options of this action; the new values are those of ``people change``."""
    many = own.add_argument_group(
        "change: many people at once, in place of a number; a preview without --yes"
    )
    many.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"only people who meet all of these; KEY: {', '.join(KEYS)} "
        "(never-seen and everybody without a value)",
    )
    many.add_argument("--disable", action="store_true", help="stop them")
    many.add_argument("--enable", action="store_true", help="let them in again")
    many.add_argument("--join", default="", metavar="GROUP", help="add them to this access group")
    many.add_argument("--leave", default="", metavar="GROUP", help="take them out of this one")


def change_many(args: argparse.Namespace, administer: AdministerService, storage: Store) -> int:
    """Print who would be changed; with --yes change them, as on the page People."""
    if args.number:
        raise ConfigError("Name a student number or --where, not both.")
    only, edit = filter_of(args.where), edit_of(args)
    people = _people(administer, only)
    wanted = [one for one in people if edit.fits(one) and edit.of(one) != one]
    refused = sum(not edit.fits(one) for one in people)
    if not args.yes:
        for one in wanted:
            print(f"{one.number}\t{one.name}")
        said = counted(len(wanted), "person", "people")
        print(f"{said} of {len(people)} would be changed, {refused} cannot be; add --yes to do it")
        return 0
    ids = [one.id for one in people if one.id is not None]
    done = build_people_bulk(storage).edit(operator(), ids, edit)
    print(
        f"{counted(len(done.changed), 'person', 'people')} changed, {done.unchanged} were so "
        f"already, {done.refused} could not be"
    )
    return 0


def filter_of(words: Sequence[str]) -> PeopleFilter:
    """Return what ``--where`` means; raise ``ConfigError`` with what it may be."""
    given: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if key not in KEYS or (not equals) is not (key in ("never-seen", "everybody")):
            raise ConfigError(f"--where cannot be {word}; write KEY=VALUE with {_one_of(KEYS)}.")
        given |= _condition(key, value)
    return PeopleFilter(**given)  # type: ignore[arg-type]


def _condition(key: str, value: str) -> dict[str, object]:
    match key:
        case "everybody":
            return {}
        case "never-seen":
            return {"never_seen": True}
        case "role":
            return {"role": PersonRole(_chosen(key, value, [role.value for role in PersonRole]))}
        case "state":
            states = [state.value for state in PersonState]
            return {"state": PersonState(_chosen(key, value, states))}
        case "text":
            return {"text": value}
    if not (value.isascii() and value.isdigit() and len(value) < 5):
        raise ConfigError(f"--where {key} takes a number of days, not {value}.")
    return {"unseen_days" if key == "unseen-days" else "ends_within_days": int(value)}


def _chosen(key: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ConfigError(f"--where {key} cannot be {value}; choose {_one_of(allowed)}.")
    return value


def _one_of(allowed: Sequence[str]) -> str:
    return f"{', '.join(allowed[:-1])} or {allowed[-1]}"


def edit_of(args: argparse.Namespace) -> BulkEdit:
    """Return what everybody gets; raise ``ConfigError`` where that is nothing, or one alone can."""
    if args.disable and args.enable:
        raise ConfigError("Choose --disable or --enable, not both.")
    single = ("new_number", "name", "entry", "valid_from", "until_time", "preset")
    alone = [name for name in single if getattr(args, name) is not None]
    if alone:
        option = "--pass" if alone[0] == "preset" else f"--{alone[0].replace('_', '-')}"
        raise ConfigError(f"{option} is for one person; name a student number instead of --where.")
    edit = BulkEdit(
        enabled=True if args.enable else False if args.disable else None,
        until=day(args.valid_until) if args.valid_until is not None else None,
        role=PersonRole(args.role) if args.role else None,
        join=args.join,
        leave=args.leave,
    )
    if edit == BulkEdit():
        raise ConfigError(
            "Name what to change: --until, --disable, --enable, --role, --join or --leave."
        )
    return edit


def _people(administer: AdministerService, only: PeopleFilter) -> list[Person]:
    people: list[Person] = []
    while True:
        page = administer.people(operator(), only, len(people), PAGE)
        people += page.rows
        if not page.rows or len(people) >= page.total:
            return people
