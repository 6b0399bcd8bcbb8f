"""Search and sort people, and count them by embedder."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.errors import StorageError
from kiosk.core.people import Person, PersonRole
from kiosk.core.people_filter import PeopleFilter, PersonState
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

_ENDED = (
    "(people.valid_until < :today"
    " OR people.valid_until = :today AND coalesce(people.until_time, '24:00') <= :minute)"
)

_ENTRY = "SELECT 1 FROM last_entries WHERE person_id = people.id"

_STATE = f"""
    CASE WHEN NOT people.enabled THEN '{PersonState.DISABLED}'
         WHEN {_ENDED}
              THEN '{PersonState.EXPIRED}'
         WHEN people.entry = 'face'
              AND NOT EXISTS (SELECT 1 FROM templates WHERE person_id = people.id)
              THEN '{PersonState.NO_FACE}'
         WHEN people.valid_from > :today THEN '{PersonState.NOT_YET}'
         WHEN (people.entry <> 'face' OR EXISTS (SELECT 1 FROM look_alikes
               WHERE first = people.id OR second = people.id))
              AND NOT EXISTS (SELECT 1 FROM door_pins WHERE person_id = people.id)
              THEN '{PersonState.NEEDS_PIN}'
         ELSE '{PersonState.ACTIVE}' END"""
"""As ``state_of`` says."""

_STATE_ORDER = " ".join(
    (
        f"CASE {_STATE}",
        *(f"WHEN '{state}' THEN {place}" for place, state in enumerate(PersonState)),
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
        "coalesce(people.until_time, '24:00')",
        "coalesce(people.valid_from, '0001-01-01')",
    ),
    "templates": ("templates",),
    "seen": ("coalesce(last_entry, '')",),
    "state": (_STATE_ORDER,),
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
    rows: PersonRows, only: PeopleFilter, limit: int, offset: int, order: Order, now: datetime
) -> tuple[list[Person], int]:
    """Return a page of the people that meet ``only``, and the number of all of them.

    ``now``: the local time.
    """
    condition, values = _condition(only, now)
    total = count(rows, only, now)
    direction = " DESC" if order.descending else ""
    keys = (*_ORDERS[order.column], "people.folded", "people.id")
    found = rows.query(
        f"{SELECT} WHERE {condition} ORDER BY {', '.join(f'{key}{direction}' for key in keys)}"
        " LIMIT :limit OFFSET :offset",
        values | _times(now) | {"limit": limit, "offset": offset},
    )
    return [rows.person(row) for row in found], total


def count(rows: PersonRows, only: PeopleFilter, now: datetime) -> int:
    """Return how many people meet ``only``."""
    condition, values = _condition(only, now)
    return int(rows.query(f"SELECT count(*) AS n FROM people WHERE {condition}", values)[0]["n"])


def all_of(rows: PersonRows, only: PeopleFilter, now: datetime) -> list[int]:
    """Return the ids of all people who meet ``only``."""
    condition, values = _condition(only, now)
    return [row["id"] for row in rows.query(f"SELECT id FROM people WHERE {condition}", values)]


def _condition(only: PeopleFilter, now: datetime) -> tuple[str, Row]:
    """Return the SQL condition that ``only`` means, and its values."""
    values: Row = {f"word{number}": word for number, word in enumerate(search_words(only.text))}
    parts = [f"instr(people.folded, :{name}) > 0" for name in values]
    if only.without:
        parts.append(_WITHOUT)
        values["embedder"] = only.without
    if only.role is not None:
        parts.append("people.role = :role")
        values["role"] = only.role.value
    if only.state is not None:
        parts.append(f"({_STATE}) = :state")
        values |= {"state": only.state.value} | _times(now)
    if only.never_seen:
        parts.append(f"NOT EXISTS ({_ENTRY})")
    if only.unseen_days is not None:
        parts.append(f"NOT EXISTS ({_ENTRY} AND day > :seen)")
        values["seen"] = (now.date() - timedelta(days=only.unseen_days)).isoformat()
    if only.ends_within_days is not None:
        parts.append(f"people.valid_until <= :ends AND NOT coalesce({_ENDED}, 0)")
        values["ends"] = (now.date() + timedelta(days=only.ends_within_days)).isoformat()
        values |= _times(now)
    return " AND ".join(parts) or "1", values


def _times(now: datetime) -> Row:
    return {"today": now.date().isoformat(), "minute": now.strftime("%H:%M")}


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


def group_sizes(rows: PersonRows) -> dict[str, int]:
    """Return the number of people by group, for groups that somebody is in."""
    sql = "SELECT value, count(*) AS n FROM people, json_each(people.member_of) GROUP BY value"
    return {str(row["value"]): int(row["n"]) for row in rows.query(sql, [])}
