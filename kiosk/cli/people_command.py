"""``people``: list and manage enrolled people; receipts of deletions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_administer, no_gallery
from kiosk.app.bootstrap.policy_factory import door_clock
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_own_data
from kiosk.cli import (
    import_people_command,
    people_bulk_change,
    people_filter_options,
    person_change_command,
)
from kiosk.cli.cards_command import add_card, print_badge_of, print_cards
from kiosk.cli.shared import config_of, counted, data_dir, operator, write_json
from kiosk.cli.terminal import print_json
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.consent import ConsentKind
from kiosk.core.errors import StorageError
from kiosk.core.member_looks import ENROLMENT
from kiosk.core.people import Person, Receipt
from kiosk.core.people_filter import PeopleFilter
from kiosk.core.reports import Order
from kiosk.services.administer import AdministerService
from kiosk.services.kept_looks_service import KeptLooksService
from kiosk.services.own_data_service import OwnDataService
from kiosk.storage.store import Store
from kiosk.vision.models.manifest import Manifest

ALIASES = {"campaign": "re-enrolment"}
"""Old words for actions, still accepted."""


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "people",
        parents=[common],
        help="list, import, change, disable, enable or delete enrolled people, who must be "
        "enrolled again, groups, badges and cards, consent, their own data, looks, receipts",
    )
    own.add_argument(
        "action",
        nargs="?",
        default="list",
        type=lambda word: ALIASES.get(word, word),
        choices=(
            "list",
            "import",
            "re-enrolment",
            "disable",
            "enable",
            "delete",
            "groups",
            "badge",
            "card",
            "withdraw",
            "export",
            "looks",
            "receipts",
            "change",
        ),
    )
    own.add_argument(
        "number",
        nargs="?",
        help="student number (for all but list and receipts); import: the table (.csv or .xlsx)",
    )
    _add_options(own)
    import_people_command.add_options(own)
    person_change_command.add_options(own)
    people_bulk_change.add_options(own)
    people_filter_options.add_options(own)
    own.set_defaults(call=call)


def _add_options(own: argparse.ArgumentParser) -> None:
    own.add_argument(
        "rest",
        nargs="*",
        metavar="WORD",
        help="groups: all the access groups of that person, none shows them; badge: the PDF to "
        "print it to; export: the file to write (.json)",
    )
    own.add_argument(
        "--days", type=int, default=180, help="badge: how long it is good for (default 180)"
    )
    own.add_argument(
        "--forget", action="store_true", help="card: take all cards and badges of that person away"
    )
    own.add_argument("--list", action="store_true", help="card: list cards and badges")
    own.add_argument(
        "--revoke", type=int, metavar="CARD", help="card: take away the one with this number"
    )
    own.add_argument(
        "--search", default="", metavar="TEXT", help="only names and numbers with this text"
    )
    own.add_argument(
        "--remove",
        type=int,
        metavar="LOOK",
        help="looks: remove the look of this number, which that person takes back",
    )
    own.add_argument(
        "--yes", action="store_true", help="delete without asking; change --where: do it"
    )
    own.add_argument(
        "--consent",
        choices=list(ConsentKind),
        default=ConsentKind.FACE,
        help="withdraw: which consent (default face); personal deletes the person",
    )
    own.add_argument(
        "--receipt",
        type=Path,
        metavar="FILE",
        help="where to write the signed receipt of a deletion (.json)",
    )


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    config = config_of(args)
    storage = open_store(data_dir(args), config)
    storage.people.use_door_time(door_clock(config, data_dir(args)))
    try:
        if args.action in ("list", "receipts", "import", "re-enrolment"):
            return _for_everybody(args, storage)
        if args.action == "change" and args.where:
            return people_bulk_change.change_many(args, build_administer(storage), storage)
        return _for_one(args, storage, _person(build_administer(storage), args.number))
    finally:
        storage.close()


def _for_everybody(args: argparse.Namespace, storage: Store) -> int:
    administer = build_administer(storage)
    if args.action == "receipts":
        return _receipts(build_own_data(storage))
    if args.action == "import":
        return import_people_command.import_people(args, storage)
    if args.action == "re-enrolment":
        return _re_enrolment(administer, config_of(args), args.json)
    if args.number:
        raise StorageError(
            f"`people list` shows everybody; add --search {args.number} to look for somebody."
        )
    return _list(administer, people_filter_options.filter_of(args))


def _for_one(args: argparse.Namespace, storage: Store, person: Person) -> int:
    administer = build_administer(storage)
    rest = args.rest[0] if args.rest else ""
    match args.action:
        case "export":
            return _export(storage, person, Path(rest) if rest else None)
        case "withdraw":
            return _withdraw(storage, person, ConsentKind(args.consent), args)
        case "delete":
            delete = build_own_data(storage).delete
            return _delete(person, args, lambda: delete(operator(), _id(person)))
        case "badge":
            folder = data_dir(args)
            return print_badge_of(storage, folder, config_of(args), person, rest, args.days)
        case "card":
            if args.list or args.revoke is not None:
                return print_cards(storage, person, args.revoke)
            return add_card(storage, data_dir(args), person, args.forget)
        case "change":
            return person_change_command.change(args, administer, person, config_of(args))
        case "groups":
            return _groups(administer, person, args.rest)
        case "looks":
            return _looks(storage, person, args.remove)
    administer.set_person_enabled(operator(), _id(person), args.action == "enable")
    print(f"{person.number} {person.name}: {args.action}d")
    return 0


def _list(administer: AdministerService, only: PeopleFilter) -> int:
    offset = 0
    while True:
        page = administer.people(operator(), only, offset, 500)
        for person in page.rows:
            until = person.valid_until.isoformat() if person.valid_until else "-"
            state = "enabled" if person.enabled else "disabled"
            print(
                f"{person.number}\t{person.name}\t{person.role.value}\t{state}\tuntil "
                f"{until}\t{person.templates} templates"
            )
        offset += len(page.rows)
        if not page.rows or offset >= page.total:
            print(counted(page.total, "person", "people"))
            return 0


def _re_enrolment(administer: AdministerService, config: Config, as_json: bool) -> int:
    """Print who has templates of another network only."""
    embedder = Manifest.load(paths.MANIFEST).choose(config.recognition.embedder).identity
    page = administer.people(
        operator(), PeopleFilter(without=embedder), 0, 1_000_000, Order("number")
    )
    people = page.rows
    needed = page.total
    done = administer.enrolled(operator(), embedder)
    if as_json:
        rows = [
            {
                "number": person.number,
                "name": person.name,
                "enabled": person.enabled,
                "templates": person.templates,
            }
            for person in people
        ]
        document = {"embedder": embedder, "needed": needed, "done": done, "people": rows}
        print_json(document, indent=1)
        return 0
    for person in people:
        print(
            f"{person.number}\t{person.name}\t{counted(person.templates, 'template', 'templates')} "
            "of another network"
        )
    print(
        f"{counted(needed, 'person', 'people')} of {needed + done} to be enrolled again for "
        f"{embedder}"
    )
    return 0


def _person(administer: AdministerService, number: str | None) -> Person:
    if not number:
        raise StorageError("Name a student number, for example: people disable 2026-1234.")
    person = administer.number_owner(operator(), number)
    if person is None:
        raise StorageError(
            f"Nobody with student number {number} is enrolled; `people list` shows who is."
        )
    return person


def _groups(administer: AdministerService, person: Person, names: list[str]) -> int:
    if names:
        person = administer.save_person(operator(), replace(person, groups=tuple(names)))
    print(
        f"{person.number} {person.name}: {', '.join(person.groups) or 'in no group of their own'}"
    )
    return 0


def _looks(storage: Store, person: Person, removed: int | None) -> int:
    """Print a person's looks, after removing one of them if it is named."""
    looks = KeptLooksService(storage.looks, no_gallery)
    if removed is not None:
        looks.remove(operator(), _id(person), removed)
        print(f"{person.number} {person.name}: look {removed} removed")
    for look in looks.history(operator(), _id(person)).looks:
        kind = "enrolled" if look.number == ENROLMENT else "kept at the door"
        number = counted(look.templates, "template", "templates")
        print(f"{look.number}\t{look.kept_at.date().isoformat()}\t{kind}\t{number}")
    return 0


def _withdraw(storage: Store, person: Person, kind: ConsentKind, args: argparse.Namespace) -> int:
    own_data = build_own_data(storage)
    named = f"{person.number} {person.name}"
    if kind is ConsentKind.ATTENDANCE:
        own_data.withdraw_attendance(operator(), _id(person))
        print(f"{named}: hours of presence are no longer worked out")
        return 0
    if kind is ConsentKind.PERSONAL:
        return _delete(
            person, args, lambda: own_data.withdraw_consent(operator(), _id(person), kind)
        )
    receipt = own_data.withdraw_consent(operator(), _id(person), kind)
    return _receipt(receipt, f"{named}: face deleted", args.receipt)


def _delete(person: Person, args: argparse.Namespace, delete: Callable[[], Receipt]) -> int:
    if not args.yes:
        try:
            answer = input(
                f"Delete {person.name} ({person.number}) with {person.templates} templates? Type "
                "the number: "
            )
        except EOFError:
            raise StorageError(
                "The question needs a terminal, so nothing was deleted; add --yes to delete "
                "without asking."
            ) from None
        if answer.strip() != person.number:
            print("Nothing was deleted.")
            return 0
    receipt = delete()
    return _receipt(
        receipt,
        f"{person.number} {person.name}: deleted with {person.templates} templates",
        args.receipt,
    )


def _export(storage: Store, person: Person, target: Path | None) -> int:
    if target is None:
        raise StorageError(
            "Name the file to write, for example: people export 2026-1234 data.json."
        )
    write_json(target, build_own_data(storage).export(operator(), _id(person)))
    print(f"everything stored of {person.number} {person.name} is in {target}")
    return 0


def _receipt(receipt: Receipt, what: str, target: Path | None) -> int:
    print(f"{what}, receipt {receipt.id}")
    for place in receipt.unreached:
        print(f"not reached: {place.sentence()}", file=sys.stderr)
    if target is not None:
        write_json(target, receipt.document)
        print(f"the receipt is in {target}")
    return 0


def _receipts(own_data: OwnDataService) -> int:
    """Print one JSON document a line, newest first."""
    for receipt in own_data.receipts(operator()):
        print_json(receipt.document)
    return 0


def _id(person: Person) -> int:
    assert person.id is not None, "a stored person has an id"
    return person.id
