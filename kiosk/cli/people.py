"""``people``: who is enrolled; disable, enable and delete without a screen."""

from __future__ import annotations

import argparse
from typing import Any

from kiosk.app.build import Storage
from kiosk.cli.common import counted, data_dir
from kiosk.errors import StorageError
from kiosk.types import Person


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser("people", parents=[common], help="list, disable, enable or delete enrolled people")
    own.add_argument("action", nargs="?", choices=("list", "disable", "enable", "delete"), default="list")
    own.add_argument("number", nargs="?", help="student number (for disable, enable, delete)")
    own.add_argument("--search", default="", metavar="TEXT", help="only names and numbers with this text")
    own.add_argument("--yes", action="store_true", help="delete without asking")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    storage = Storage.open(data_dir(args))
    try:
        if args.action == "list":
            if args.number:
                raise StorageError(f"`people list` shows everybody; add --search {args.number} to look for somebody.")
            return _list(storage, args.search)
        person = _wanted(storage, args.number)
        if args.action == "delete":
            return _delete(storage, person, args.yes)
        storage.people.set_enabled(_id(person), args.action == "enable")
        print(f"{person.number} {person.name}: {args.action}d")
        return 0
    finally:
        storage.close()


def _list(storage: Storage, text: str) -> int:
    offset = 0
    while True:
        rows, total = storage.people.search(text, 500, offset)
        for person in rows:
            until = person.valid_until.isoformat() if person.valid_until else "-"
            state = "enabled" if person.enabled else "disabled"
            print(f"{person.number}\t{person.name}\t{person.role.value}\t{state}\tuntil {until}\t{person.templates} templates")
        offset += len(rows)
        if not rows or offset >= total:
            print(counted(total, "person", "people"))
            return 0


def _wanted(storage: Storage, number: str | None) -> Person:
    if not number:
        raise StorageError("Name a student number, for example: people disable 2026-1234.")
    person = storage.people.by_number(number)
    if person is None:
        raise StorageError(f"Nobody with student number {number} is enrolled; `people list` shows who is.")
    return person


def _delete(storage: Storage, person: Person, sure: bool) -> int:
    if not sure:
        try:
            asked = input(f"Delete {person.name} ({person.number}) with {person.templates} templates? Type the number: ")
        except EOFError:
            raise StorageError("Nobody is there to confirm, so nothing was deleted; add --yes to delete without asking.") from None
        if asked.strip() != person.number:
            print("Nothing was deleted.")
            return 0
    storage.people.delete(_id(person))
    print(f"{person.number} {person.name}: deleted with {person.templates} templates")
    return 0


def _id(person: Person) -> int:
    assert person.id is not None, "a stored person has an id"
    return person.id
