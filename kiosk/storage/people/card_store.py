"""Owners of cards, badges and bar codes. Codes are stored only as keyed hashes."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import date, datetime

from kiosk.core.card_code import card_code, card_code_forms
from kiosk.core.card_facts import CardKind, PersonCard
from kiosk.core.errors import StorageError
from kiosk.storage.crypto.row_seals import genuine
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now

BADGE = "badge"
"""Kind of a badge that the kiosk printed."""

CARD = "card"
"""Kind of a card or bar code that a person brought."""

_GENUINE = genuine("cards")


class CardStore:
    """Cards and badges of people. Callable from any thread. ``pepper``: key of the hashes."""

    def __init__(self, database: Database, pepper: bytes, clock: Clock = local_now) -> None:
        self._database = database
        self._pepper = pepper
        self._clock = clock

    def add_card(self, person_id: int, code: str) -> None:
        """Add a card of a person; raise ``StorageError`` if it belongs to another person."""
        self._database.call(
            self._add, person_id, CARD, self._hash(_encoded(card_code(code))), self._hashes(code)
        )

    def new_badge(self, person_id: int, serial: bytes, until: date | None = None) -> None:
        """Replace the badge of a person; ``until``: its last day, to be shown."""
        self._database.call(self._replace_badge, person_id, self._hash(serial), until)

    def of_person(self, person_id: int) -> tuple[PersonCard, ...]:
        """Return the cards and badges of a person, oldest first."""
        rows = self._database.call(
            lambda: self._database.sqlite.execute(
                "SELECT id, kind, created_at, valid_until FROM cards"
                f" WHERE person_id = ? AND {_GENUINE} ORDER BY created_at, id",
                [person_id],
            ).fetchall()
        )
        return tuple(
            PersonCard(
                id,
                CardKind(kind),
                datetime.fromisoformat(added),
                date.fromisoformat(until) if until else None,
            )
            for id, kind, added, until in rows
        )

    def remove(self, person_id: int, card_id: int) -> CardKind:
        """Delete one card or badge of a person and return its kind.

        Raises ``StorageError`` if the person has no such card any more.
        """
        return CardKind(self._database.call(self._remove, person_id, card_id))

    def holders(self) -> frozenset[int]:
        """Return the ids of all people who have a card or a badge."""
        rows = self._database.call(
            lambda: self._database.sqlite.execute(
                f"SELECT DISTINCT person_id FROM cards WHERE {_GENUINE}"
            ).fetchall()
        )
        return frozenset(int(row[0]) for row in rows)

    def owner_of_card(self, code: str) -> int | None:
        """Return the id of the person whose card has ``code``, as typed in any keyboard state."""
        return self._database.call(self._owner, CARD, self._hashes(code))

    def owner_of_badge(self, serial: bytes) -> int | None:
        """Return the id of the person whose current badge has ``serial``."""
        return self._database.call(self._owner, BADGE, [self._hash(serial)])

    def count(self, person_id: int) -> dict[str, int]:
        """Return the number of a person's badges and cards, by kind."""
        rows = self._database.call(
            lambda: self._database.sqlite.execute(
                f"SELECT kind, count(*) FROM cards WHERE person_id = ? AND {_GENUINE}"
                " GROUP BY kind",
                [person_id],
            ).fetchall()
        )
        return dict(rows)

    def forget(self, person_id: int) -> None:
        """Delete all cards and badges of a person."""
        self._database.call(self._forget, person_id)

    def _hashes(self, code: str) -> list[str]:
        """Return the hashes under which a card with ``code`` may be stored."""
        return [self._hash(_encoded(form)) for form in card_code_forms(code)]

    def _hash(self, code: bytes) -> str:
        return hmac.new(self._pepper, code, "sha256").hexdigest()

    # below: in the database's thread

    def _add(self, person_id: int, kind: str, code_hash: str, same: Sequence[str]) -> None:
        """``same``: hashes under which the card may be stored already."""
        with self._database.transaction():
            owner = self._owner(kind, same)
            if owner is not None and owner != person_id:
                raise StorageError(
                    "This card belongs to somebody else already; take it away from them first.",
                    key="error.card_taken",
                )
            if owner is None:
                self._forget_not_genuine(kind, code_hash)
                self._insert(person_id, kind, code_hash)

    def _remove(self, person_id: int, card_id: int) -> str:
        with self._database.transaction():
            row = self._database.sqlite.execute(
                "SELECT kind FROM cards WHERE person_id = ? AND id = ?", [person_id, card_id]
            ).fetchone()
            if row is None:
                raise StorageError(
                    "This card is no longer registered; look at the list again.",
                    key="error.card_gone",
                )
            self._database.sqlite.table("cards").delete_where("id = ?", [card_id])
        return str(row[0])

    def _replace_badge(self, person_id: int, code_hash: str, until: date | None) -> None:
        with self._database.transaction():
            self._database.sqlite.table("cards").delete_where(
                "person_id = ? AND kind = ?", [person_id, BADGE]
            )
            self._forget_not_genuine(BADGE, code_hash)
            self._insert(person_id, BADGE, code_hash, until)

    def _forget_not_genuine(self, kind: str, code_hash: str) -> None:
        self._database.sqlite.table("cards").delete_where(
            f"kind = ? AND code_hash = ? AND NOT {_GENUINE}", [kind, code_hash]
        )

    def _insert(self, person_id: int, kind: str, code_hash: str, until: date | None = None) -> None:
        if not self._database.sqlite.execute(
            "SELECT 1 FROM people WHERE id = ?", [person_id]
        ).fetchone():
            raise StorageError(
                "That person is not enrolled any more; look at the list again.",
                key="error.person_gone",
            )
        row = {
            "person_id": person_id,
            "kind": kind,
            "code_hash": code_hash,
            "created_at": iso(self._clock()),
            "valid_until": until.isoformat() if until else None,
        }
        self._database.sqlite.table("cards").insert(row)

    def _owner(self, kind: str, code_hashes: Sequence[str]) -> int | None:
        """Return the owner by the first of ``code_hashes`` that is stored."""
        for code_hash in code_hashes:
            row = self._database.sqlite.execute(
                f"SELECT person_id FROM cards WHERE kind = ? AND code_hash = ? AND {_GENUINE}",
                [kind, code_hash],
            ).fetchone()
            if row:
                return int(row[0])
        return None

    def _forget(self, person_id: int) -> None:
        with self._database.transaction():
            self._database.sqlite.table("cards").delete_where("person_id = ?", [person_id])


def _encoded(code: str) -> bytes:
    """Return ``code`` as UTF-8, also where a terminal gave something else."""
    return code.encode("utf-8", "surrogatepass")
