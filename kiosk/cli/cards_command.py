"""``people badge`` and ``people card``: badges and cards of a person."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from kiosk.app.bootstrap.badge_factory import badge_key_of
from kiosk.cli.shared import operator
from kiosk.core.card_code import card_code
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, StorageError
from kiosk.core.people import Person
from kiosk.services.card_service import CardService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.vision.detection.code_reader import qr_code


def print_badge_of(
    storage: Store, data_dir: Path, config: Config, person: Person, file: str, days: int
) -> int:
    """Write a badge for ``person`` as a PDF; their earlier badges become void."""
    if not file:
        raise StorageError(
            "Name the file to print the badge to, for example: people badge 2026-1234 badge.pdf."
        )
    if not 1 <= days <= 3650:
        raise ConfigError(f"A badge is good for 1 to 3650 days, not {days}; correct --days.")
    key = badge_key_of(storage, data_dir)
    expires = local_now() + timedelta(days=days)
    until = expires.date().isoformat()
    CardService(storage.cards(key.pepper), storage.audit_log).issue_badge(
        operator(),
        person,
        key,
        expires,
        lambda text: _draw(config, person, text, until, Path(file)),
    )
    print(
        f"{person.number} {person.name}: badge until {expires:%Y-%m-%d} in {file}; older ones are "
        "void"
    )
    return 0


def _draw(config: Config, person: Person, text: str, until: str, file: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from datetime import date

    from PySide6.QtGui import QGuiApplication

    from kiosk.app.badge_print import BadgeFace, print_badge  # imports Qt

    application = QGuiApplication.instance() or QGuiApplication(["munjigi"])
    print_badge(
        BadgeFace(
            config.door.name, person.name, person.number, date.fromisoformat(until), qr_code(text)
        ),
        file,
    )
    del application


def add_card(storage: Store, data_dir: Path, person: Person, forget: bool) -> int:
    """Store the code that the card reader types; ``forget``: revoke all cards instead."""
    if forget:
        cards = storage.cards(b"")  # works without the key, too
        CardService(cards, storage.audit_log).forget(operator(), person)
        print(f"{person.number} {person.name}: has no cards and badges any more")
        return 0
    pepper = badge_key_of(storage, data_dir).pepper
    if sys.stdin.isatty():
        print("Hold the card to the reader: ", end="", flush=True)
    code = sys.stdin.readline().strip()
    if not card_code(code):
        raise StorageError(
            "No card was read; hold it to the reader, or give its code on standard input."
        )
    service = CardService(storage.cards(pepper), storage.audit_log, storage.people.get)
    counts = service.add_card(operator(), person, code)
    print(
        f"{person.number} {person.name}: "
        f"{', '.join(f'{n} {kind}' for kind, n in sorted(counts.items()))}"
    )
    return 0


def print_cards(storage: Store, person: Person, revoke: int | None) -> int:
    """Print a person's cards and badges; ``revoke``: take that one away first."""
    service = CardService(storage.cards(b""), storage.audit_log)  # works without the key, too
    if revoke is not None:
        service.revoke(operator(), person, revoke)
    for card in service.cards(operator(), person):
        until = f", valid until {card.valid_until}" if card.valid_until else ""
        print(f"{card.id}\t{card.kind.value} of {card.added_at:%Y-%m-%d}{until}")
    return 0
