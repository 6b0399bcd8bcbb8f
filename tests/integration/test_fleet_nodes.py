"""Two real nodes' databases and a real PostgreSQL: from the founding to a deletion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kiosk.app.bootstrap.fleet_factory import (
    CommandFollower,
    begin_fleet,
    build_fleet_service,
    build_fleet_store,
    build_sync,
    connect_centre,
    instant,
)
from kiosk.app.bootstrap.store_factory import key_store, open_store
from kiosk.core.config import Config
from kiosk.core.config.fleet_settings import FleetConfig
from kiosk.core.decisions import LogFilter
from kiosk.core.fleet import NodeKind
from kiosk.core.people import AccountRole
from kiosk.core.rights import Operator
from kiosk.core.templates import Template
from kiosk.fleet.sync.joining import Joining, Newcomer
from kiosk.fleet.sync.round_limits import RoundLimits
from kiosk.services.door_override import stored_override
from kiosk.services.fleet_service import FleetService
from tests.helpers.consenting import consenting
from tests.helpers.postgres import FleetDatabase

KIM = Operator("kim")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FAST = RoundLimits(beat_s=0.0)


class Node:
    """A data folder with its own keys, following the centre by rounds."""

    def __init__(self, folder: Path, url: str, kind: NodeKind) -> None:
        self.folder = folder
        self.kind = kind
        folder.mkdir()
        fleet = FleetConfig(url=url)
        self.config = replace(
            Config(),
            fleet=fleet,
            security=replace(
                Config().security, key_folder=str(folder.with_name(f"{folder.name}-keys"))
            ),
        )
        self.storage = open_store(folder, self.config)
        self.store = build_fleet_store(self.storage)
        self.keys = key_store(folder, self.config)

    def found(self) -> None:
        newcomer = Newcomer(self.folder.name, self.kind)
        begin_fleet(self.config, self.folder, self.storage, newcomer, "kim")
        self.follow()

    def join(self, desk: Node, *, staff: bool = True) -> None:
        centre = connect_centre(self.config.fleet.url)
        wish = Joining(centre, self.keys, Newcomer(self.folder.name, self.kind), instant())
        with desk.service() as service:
            (request,) = service.requests(KIM)
            assert request.code == wish.code
            service.admit(KIM, request.node, staff=staff)
        assert wish.admitted()
        wish.enter(self.store)
        centre.close()
        self.follow()

    @contextmanager
    def service(self) -> Iterator[FleetService]:
        """Lend staff's use cases as a command has them."""
        with closing(CommandFollower(self.config, self.folder, self.storage)) as follower:
            yield build_fleet_service(self.config, self.folder, self.storage, follower)

    def follow(self) -> None:
        member = self.store.membership()
        assert member is not None
        self.sync = build_sync(self.config, self.folder, self.store, member, limits=FAST)
        self.rounds()

    def rounds(self) -> None:
        for _ in range(30):
            if not self.sync.round():
                return
        raise AssertionError("the loop never comes to rest")

    def names(self) -> list[str]:
        return [person.name for person in self.storage.people.search("", 10, 0)[0]]

    def close(self) -> None:
        self.sync.close()
        self.storage.close()


@pytest.fixture
def nodes(tmp_path: Path, fleet_database: FleetDatabase):
    desk = Node(tmp_path / "desk", fleet_database.login("desk"), NodeKind.DESK)
    door = Node(tmp_path / "door", fleet_database.login("door"), NodeKind.DOOR)
    desk.found()
    door.join(desk)
    desk.rounds()
    yield desk, door
    desk.close()
    door.close()


@pytest.mark.slow
def test_a_lock_down_that_a_command_reads_counts_when_the_kiosk_starts(nodes):
    desk, door = nodes
    with desk.service() as service:
        service.lock_down(KIM)
    with closing(CommandFollower(door.config, door.folder, door.storage)) as follower:
        assert follower.follow_all()
    assert stored_override(door.storage.settings) == "lockdown"
    written = door.storage.audit_log.query(LogFilter(), 50, 0)[0]
    assert ("door_lockdown", "fleet: kim") in {(row.event, row.actor) for row in written}
    with desk.service() as service:
        service.end_lock_down(KIM)
    with closing(CommandFollower(door.config, door.folder, door.storage)) as follower:
        follower.follow_all()
    assert stored_override(door.storage.settings) == "normal"


@pytest.mark.slow
def test_a_door_without_staff_keeps_its_lease_after_somebody_signed_in(tmp_path, fleet_database):
    desk = Node(tmp_path / "desk", fleet_database.login("desk"), NodeKind.DESK)
    door = Node(tmp_path / "door", fleet_database.login("door"), NodeKind.DOOR)
    door.storage.accounts.create("park", AccountRole.ADMIN, "27182818", "x")
    desk.found()
    door.join(desk, staff=False)
    desk.rounds()
    door.storage.accounts.verify("park", "27182818")
    assert door.store.local_changes(9)
    before = door.store.membership().lease
    for _ in range(3):
        desk.rounds()
        door.rounds()
    assert door.store.membership().lease.heard_at > before.heard_at
    assert door.sync.status.problem is None
    desk.close()
    door.close()


@pytest.mark.slow
def test_people_go_from_desk_to_door_and_back_and_a_deletion_is_answered(nodes, fleet_database):
    desk, door = nodes
    database = fleet_database
    vector = np.zeros(8, np.float32)
    vector[0] = 1.0
    person = desk.storage.people.add_with_templates(
        consenting("2026-1", "김철수", NOW), [Template(0, "net", vector)], by="kim"
    )
    desk.rounds()
    door.rounds()
    assert door.names() == ["김철수"]
    (table,) = [door.storage.people.templates("net")]
    assert np.allclose(table[0].vector, vector)
    stored = b"".join(row[0] for row in database.sql("SELECT body FROM munjigi.bodies"))
    assert "김철수".encode() not in stored

    (there,) = door.storage.people.search("", 10, 0)[0]
    door.storage.people.update(replace(there, name="김철호"), by="lee")
    door.rounds()
    desk.rounds()
    assert desk.names() == ["김철호"]

    desk.storage.people.delete(person.id, "kim", "left")
    desk.rounds()
    door.rounds()
    assert door.names() == []
    assert door.storage.people.templates("net") == []
    with desk.service() as service:
        view = service.view(KIM)
    assert view.connected
    assert view.deletions == ()
    assert database.sql("SELECT count(*) FROM munjigi.wrapped_keys WHERE subject <> ''") == [(0,)]
    (rows,) = database.sql("SELECT count(DISTINCT node) FROM munjigi.events")
    assert rows == (2,)
    assert door.store.membership().lease is not None
