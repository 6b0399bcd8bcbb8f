"""Search and sort people, and count them by embedder."""

from __future__ import annotations

from datetime import date

from kiosk.core.errors import StorageError
from kiosk.core.people import Person, PersonRole
from kiosk.core.reports import Order
from kiosk.storage.people.normalise import search_words
from kiosk.storage.people.person_rows import SELECT, PersonRows, Row

_ROLE_ORDER = " ".join(
    (
        "CASE people.role",
        *(f"WHEN '{role.value}' THEN {place}" for place, role in enumerate(PersonRole)),
        "END",
    )
)

_ORDERS = {
    "": (),
    "name": (),
    "number": ("people.number",),
    "role": (_ROLE_ORDER,),
    "valid": (
        "coalesce(people.valid_until, '9999-12-31')",
        "coalesce(people.valid_from, '0001-01-01')",
    ),
    "templates": ("templates",),
    "state": (
        """CASE WHEN NOT people.enabled THEN 0
                WHEN people.valid_until < :today THEN 1
                WHEN people.entry = 'face'
                     AND NOT EXISTS (SELECT 1 FROM templates WHERE person_id = people.id) THEN 2
                WHEN people.valid_from > :today THEN 3
                WHEN people.entry <> 'face'
                     AND NOT EXISTS (SELECT 1 FROM door_pins WHERE person_id = people.id) THEN 4
                ELSE 5 END""",
    ),
}
"""Sort keys by column of the people list. Ties are sorted by name; states worst first."""

_WITHOUT = (
    "EXISTS (SELECT 1 FROM templates WHERE person_id = people.id) AND NOT EXISTS"
    " (SELECT 1 FROM templates WHERE person_id = people.id AND embedder_id = :embedder)"
)


def check_order(order: Order) -> None:
    """Raise ``StorageError`` unless the people list can be sorted by that column."""
    if order.column not in _ORDERS:
        raise StorageError(
            f"People cannot be sorted by {order.column};"
            f" use one of {', '.join(filter(None, _ORDERS))}."
        )


def search(
    rows: PersonRows,
    text: str,
    limit: int,
    offset: int,
    order: Order,
    without_embedder: str,
    today: date,
) -> tuple[list[Person], int]:
    """Return a page of the people that match, and the number of all matches.

    ``without_embedder``: only people who have templates, but none of that embedder; "" for all.
    """
    values: Row = {f"word{number}": word for number, word in enumerate(search_words(text))}
    condition = " AND ".join(f"instr(people.folded, :{name}) > 0" for name in values) or "1"
    if without_embedder:
        condition = f"{condition} AND {_WITHOUT}"
        values["embedder"] = without_embedder
    total = rows.query(f"SELECT count(*) AS n FROM people WHERE {condition}", values)[0]["n"]
    direction = " DESC" if order.descending else ""
    keys = (*_ORDERS[order.column], "people.folded", "people.id")
    values |= {"today": today.isoformat(), "limit": limit, "offset": offset}
    found = rows.query(
        f"{SELECT} WHERE {condition} ORDER BY {', '.join(f'{key}{direction}' for key in keys)}"
        " LIMIT :limit OFFSET :offset",
        values,
    )
    return [rows.person(row) for row in found], total


def count_enrolled(rows: PersonRows, embedder_id: str) -> int:
    """Count the people who have templates of that embedder."""
    sql = "SELECT count(DISTINCT person_id) AS n FROM templates WHERE embedder_id = ?"
    return int(rows.query(sql, [embedder_id])[0]["n"])


def count_without(rows: PersonRows, embedder_id: str) -> int:
    """Count the people who have templates, but none of that embedder."""
    sql = f"SELECT count(*) AS n FROM people WHERE {_WITHOUT}"
    return int(rows.query(sql, {"embedder": embedder_id})[0]["n"])


def groups_of_people(rows: PersonRows) -> frozenset[str]:
    """Return the groups that at least one person is in."""
    sql = "SELECT DISTINCT value FROM people, json_each(people.member_of)"
    return frozenset(str(row["value"]) for row in rows.query(sql, []))
