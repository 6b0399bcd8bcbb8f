"""Pairs of enrolled people who look alike, as found by the last comparison."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.core.thresholds import LookAlike
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import Clock, iso, local_now


class LookAlikeStore:
    """The pairs of one database. Callable from any thread. Pairs are deleted with either person."""

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def replace(self, embedder_id: str, pairs: Sequence[LookAlike]) -> bool:
        """Replace all pairs; return whether that changed who looks alike.

        Pairs with people deleted in the meantime are ignored.
        """
        return self._database.call(self._replace, embedder_id, tuple(pairs))

    def all(self) -> list[LookAlike]:
        """Return all pairs, smallest distance first."""
        return self._database.call(self._all)

    def names_of(self, person_id: int) -> list[tuple[str, float]]:
        """Return (name, distance) of the people who look like that person, nearest first."""
        return self._database.call(self._names_of, person_id)

    def _all(self) -> list[LookAlike]:
        rows = self._database.sqlite.execute(
            "SELECT first, second, distance FROM look_alikes ORDER BY distance, first, second"
        )
        return [LookAlike(*row) for row in rows]

    def _replace(self, embedder_id: str, pairs: tuple[LookAlike, ...]) -> bool:
        before = self._all()
        if sorted(before, key=_people) == sorted(pairs, key=_people):
            return False  # the usual case: nothing to write
        with self._database.transaction():
            self._database.sqlite.execute("DELETE FROM look_alikes")
            self._database.connection.executemany(
                "INSERT INTO look_alikes (first, second, distance, embedder_id, found_at)"
                " SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM people WHERE id IN (?, ?)) = 2",
                [
                    (
                        p.first,
                        p.second,
                        p.distance,
                        embedder_id,
                        iso(self._clock()),
                        p.first,
                        p.second,
                    )
                    for p in pairs
                ],
            )
        return set(map(_people, self._all())) != set(map(_people, before))

    def _names_of(self, person_id: int) -> list[tuple[str, float]]:
        rows = self._database.sqlite.execute(
            "SELECT name, distance FROM look_alikes JOIN people ON id = first + second - ?"
            " WHERE ? IN (first, second) ORDER BY distance",
            [person_id, person_id],
        )
        return [(name, distance) for name, distance in rows]


def _people(pair: LookAlike) -> tuple[int, int]:
    return pair.first, pair.second
