"""Somebody who has the file of the database, and somebody who guesses what people choose."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from kiosk.core.errors import KioskError
from kiosk.core.people import AccountRole, Person
from kiosk.storage.store import Store
from tests.attacks.table import Outcome, attack
from tests.helpers.tampering import rows_of


def guesses(stored: str, pin: str) -> bool:
    """Return whether the hash shows that ``pin`` is right, without any key."""
    for candidate in (stored, stored[stored.find("$") :]):
        with suppress(Argon2Error, InvalidHashError):
            return PasswordHasher().verify(candidate, pin)
    return False


@attack("C17", "the right PIN tried on the stored hashes without the key", tries=40, short=4)
def hashes_tried(folder: Path, tries: int) -> Outcome:
    """Try the right PIN itself: a search of all PINs comes to it in some core-hours."""
    chance = random.Random(17)
    found = 0
    path = folder / "data" / "munjigi.db"
    with Store.open(path) as store:
        for number in range(tries):
            pin = f"{chance.randrange(70, 99)}{chance.randrange(1000, 9999)}7391"
            if number % 2:
                store.accounts.create(f"관리자 {number}", AccountRole.ADMIN, pin)
                [row] = rows_of(path, "accounts")[-1:]
            else:
                person = store.people.add(Person(f"2026-{number}", "이산"))
                store.door_pins.set(person.id or 0, pin)
                [row] = rows_of(path, "door_pins")[-1:]
            found += guesses(row["pin_hash"], pin)
    return tries, found, "accounts and door PINs in turn"


def first_guesses(chance: random.Random) -> str:
    """Return a PIN of the kind that people choose first."""
    digits = "0123456789"
    a, b, c = chance.sample(digits, 3)
    day = date(1930, 1, 1) + timedelta(days=chance.randrange(35_000))
    run = "".join(str((int(a) + n) % 10) for n in range(6))
    return chance.choice(
        (
            a * 6,
            run,
            run[::-1],
            (a + b) * 3,
            (a + b + c) * 2,
            a * 2 + b * 2 + c * 2,
            a * 3 + b * 3,
            a * 5 + b,
            f"{day:%Y%m%d}",
            f"{day:%y%m%d}",
            "147258",
            "159357",
            "369258",
        )
    )


@attack("C17", "PINs that are guessed first, for administrators and the door", tries=400, short=20)
def easy_pins(folder: Path, tries: int) -> Outcome:
    """Choose such PINs."""
    chance = random.Random(171)
    taken = 0
    with Store.open(folder / "data" / "munjigi.db") as store:
        person = store.people.add(Person("2026-1", "이산"))
        for number in range(tries):
            pin = first_guesses(chance)
            with suppress(KioskError):
                if number % 2:
                    store.accounts.create(f"관리자 {number}", AccountRole.ADMIN, pin)
                else:
                    store.door_pins.set(person.id or 0, pin)
                taken += 1
    return tries, taken, ""
