"""Nodes with real trust and real sync loop over a real PostgreSQL; their stores are in memory."""

from __future__ import annotations

from kiosk.core.fleet import EVERYBODY, JoinRequest
from kiosk.fleet.centre.postgres_centre import PostgresCentre
from tests.helpers.fleet_centre import MemoryFleet
from tests.helpers.fleet_nodes import MemoryNode
from tests.helpers.postgres import FleetDatabase


class _Requests(dict[str, JoinRequest]):
    """The requests to join, read from the database when one is asked for."""

    reader: PostgresCentre | None = None

    def __missing__(self, node: str) -> JoinRequest:
        assert self.reader is not None
        return next(found for found in self.reader.join_requests() if found.node == node)


class PostgresNode(MemoryNode):
    """A node whose centre is ``database``."""

    def __init__(
        self,
        database: FleetDatabase,
        db: MemoryFleet,
        name: str,
        groups: tuple[str, ...] = (EVERYBODY,),
    ) -> None:
        super().__init__(db, name, groups)
        self._database = database
        self._url = database.login(name.replace(" ", "_"))
        self._connection: PostgresCentre | None = None
        self._fleet = ""

    @property
    def centre(self) -> PostgresCentre:  # type: ignore[override]
        if self._connection is None or self._fleet != self.db.fleet:
            self._fleet = self.db.fleet
            self._connection = self._database.centre(self._url, self._fleet)
        return self._connection


def postgres_fleet(
    database: FleetDatabase, *doors: tuple[str, ...]
) -> tuple[PostgresNode, list[PostgresNode]]:
    """Return the founder (a desk) and an admitted door for each of the groups given."""
    requests = _Requests()
    db = MemoryFleet(requests=requests)
    desk = PostgresNode(database, db, "desk")
    desk.found()
    requests.reader = desk.centre
    nodes = [
        PostgresNode(database, db, f"door {index}", groups) for index, groups in enumerate(doors, 1)
    ]
    for node in nodes:
        desk.admit(node)
    return desk, nodes
