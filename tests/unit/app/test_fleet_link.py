"""The running kiosk's part in a fleet, with its real database and rules."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest

from kiosk.access.policy.rules import AccessPolicy, DoorOverride
from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.bootstrap.fleet_factory import begin_fleet, build_sync, instant
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.fleet_checks import fleet_check
from kiosk.app.fleet_link import FleetLink
from kiosk.app.live_config import LiveConfig
from kiosk.core.config import config_from
from kiosk.core.decisions import Reason
from kiosk.core.errors import StorageError
from kiosk.core.fleet import Fact, FactKind, NodeKind
from kiosk.fleet.sync.joining import Newcomer
from kiosk.services.door_override import OVERRIDE
from kiosk.services.fleet_lockdown import FleetLockDown
from kiosk.services.remote_opening import OpeningByHand
from kiosk.storage.store import Store
from tests.helpers.access import MemoryAudit
from tests.helpers.fleet_nodes import START


class LockedDoor:
    """What the rules ask of a lock."""

    other_door_open = False
    alert = ""

    def close(self) -> None: ...
    def hold(self, reason: str) -> None: ...
    def call_for_help(self) -> None: ...


class Kiosk:
    def __init__(self, folder, url: str) -> None:
        self.folder = folder
        self.config = config_from({"fleet": {"url": url}})
        self.storage: Store = open_store(folder, self.config)
        self.rules = AccessPolicyController(
            AccessPolicy(), LockedDoor(), MemoryAudit(), self.storage
        )

    def link(self, opening: OpeningByHand | None = None) -> FleetLink:
        return FleetLink(
            LiveConfig(self.config, self.folder / "config.toml"),
            self.folder,
            self.storage,
            self.rules,
            state=lambda: {"version": "1"},
            people_changed=lambda person_id: None,
            credentials_changed=lambda: None,
            opening=opening,
        )

    def found(self) -> None:
        newcomer = Newcomer("door", NodeKind.DOOR)
        begin_fleet(self.config, self.folder, self.storage, newcomer, "kim")


@pytest.fixture
def kiosk(qapp, tmp_path, request):
    url = request.getfixturevalue("fleet_database").login("a") if request.param else ""
    made = Kiosk(tmp_path, url)
    yield made
    made.storage.close()


@pytest.mark.parametrize("kiosk", [False], indirect=True)
def test_without_a_fleet_nothing_runs_and_nothing_is_refused(kiosk):
    link = kiosk.link()
    link.start()
    link.tick()
    assert link.gauges is None
    assert kiosk.rules.rules.lease_over is None
    link.stop()


@pytest.mark.parametrize("kiosk", [False], indirect=True)
def test_a_busy_database_locks_no_door_and_is_read_again(kiosk, monkeypatch):
    database, rules, busy = kiosk.storage.database, kiosk.rules.rules, threading.Event()
    monkeypatch.setattr(database, "_timeout_s", 0.01)
    work = database.submit(busy.wait)
    link = kiosk.link()
    link.tick()
    link.tick()
    assert rules.lease_over is None
    busy.set()
    work.result()
    monkeypatch.undo()
    link._reading.result()
    link.tick()
    assert (link._unread, link._reading, rules.lease_over) == (False, None, None)


@pytest.mark.slow
@pytest.mark.parametrize("kiosk", [True], indirect=True)
def test_a_busy_moment_of_a_node_changes_nothing_about_its_lease(kiosk, monkeypatch):
    kiosk.found()
    link = kiosk.link()
    with monkeypatch.context() as patch:
        busy = StorageError("the database did not answer in time", key="error.db_busy")
        patch.setattr(link.store, "membership", Mock(side_effect=busy))
        link.read()()
        link.tick()
        assert link.gauges is not None
        assert kiosk.rules.rules.lease_over is None
    kiosk.storage.database.call(lambda: None)
    link.tick()
    link.tick()
    assert kiosk.rules.rules.lease_over is None
    link.stop()


@pytest.mark.slow
@pytest.mark.parametrize("kiosk", [True], indirect=True)
def test_the_thread_follows_and_a_lonely_node_keeps_its_lease(kiosk, qtbot):
    kiosk.found()
    link = kiosk.link()
    link.start()
    try:
        qtbot.waitUntil(lambda: link.status.connected)
        assert kiosk.rules.rules.lease_over is None
        gauges = link.gauges
        assert gauges is not None
        assert gauges.lease_left_s > 23 * 3600
        assert not gauges.lease_over
    finally:
        link.stop()


@pytest.mark.slow
@pytest.mark.parametrize("kiosk", [True], indirect=True)
def test_a_lease_that_ran_out_while_the_kiosk_was_off_counts_from_its_first_second(kiosk):
    kiosk.found()
    store = kiosk.link().store
    mark = store.membership().lease
    store.keep_lease(replace(mark, wall=instant().wall - timedelta(hours=25)))
    kiosk.config = config_from({})  # who takes the address away does not get around the lease
    link = kiosk.link()
    assert kiosk.rules.rules.lease_over is Reason.FLEET_FACES_OFF
    link.start()
    link.stop()


@pytest.mark.slow
@pytest.mark.parametrize("kiosk", [True], indirect=True)
def test_a_membership_that_somebody_else_wrote_locks_the_door(kiosk):
    kiosk.found()
    kiosk.storage.close()
    with closing(sqlite3.connect(kiosk.folder / "munjigi.db")) as other, other:
        other.execute("UPDATE fleet_membership SET founder = x'7b7d'")
    kiosk.storage = open_store(kiosk.folder, kiosk.config)
    kiosk.rules = AccessPolicyController(AccessPolicy(), LockedDoor(), MemoryAudit(), kiosk.storage)
    link = kiosk.link()
    link.tick()
    assert kiosk.rules.rules.lease_over is Reason.FLEET_LOCKED
    assert not link.status.connected
    link.stop()


@pytest.mark.parametrize("kiosk", [False], indirect=True)
def test_the_fleet_ends_only_a_lock_down_that_it_began(kiosk):
    settings, rules = kiosk.storage.settings, kiosk.rules
    fleet = FleetLockDown(settings, rules.set_override)
    fleet.order(True, "kim")
    fleet.order(True, "kim")  # again after a crash
    assert rules.rules.override is DoorOverride.LOCKDOWN
    assert settings.get(OVERRIDE) == "lockdown"
    fleet.order(False, "lee")
    assert rules.rules.override is DoorOverride.NORMAL
    rules.set_override("lockdown", "park")
    settings.set(OVERRIDE, "lockdown")
    fleet.order(True, "kim")
    fleet.order(False, "kim")
    assert rules.rules.override is DoorOverride.LOCKDOWN


class Opening:
    """The door's own service for an opening by staff."""

    def __init__(self) -> None:
        self.by: list[str] = []

    def open(self, actor, reason, words=""):
        self.by.append(actor.name)
        return 5.0


@pytest.mark.parametrize("kiosk", [False], indirect=True)
def test_an_opening_ordered_elsewhere_asks_the_settings_and_happens_once(kiosk):
    order = Fact(7, FactKind.ORDER, "5" * 32, 1, ("*",), b"", b"", START, "desk", "kim", b"")
    opening = Opening()
    link = kiosk.link(opening)
    link._open_once(order)
    assert opening.by == []
    kiosk.config = config_from({"fleet": {"allow_remote_opening": True}})
    link = kiosk.link(opening)
    link._open_once(order)  # it was refused: it stays so
    link._open_once(replace(order, number=8))
    link._open_once(replace(order, number=8))
    assert opening.by == ["kim (desk)"]
    kiosk.link()._open_once(replace(order, number=9))  # a desk has no door


@pytest.mark.slow
@pytest.mark.parametrize("kiosk", [True], indirect=True)
def test_one_process_at_a_time_follows(kiosk, qtbot):
    kiosk.found()
    one, other = kiosk.link(), kiosk.link()
    one.start()
    qtbot.waitUntil(lambda: one.status.connected)
    other.start()
    assert not other.status.connected
    one.stop()
    qtbot.waitUntil(lambda: other.status.connected)
    other.stop()


@pytest.mark.slow
@pytest.mark.parametrize("kiosk", [True], indirect=True)
def test_doctor_says_how_the_fleet_is_doing(kiosk):
    assert fleet_check(kiosk.config, kiosk.folder).key == "doctor.found.fleet_off"
    kiosk.found()
    assert fleet_check(kiosk.config, kiosk.folder).key == "doctor.found.fleet_behind"
    store = kiosk.link().store
    member = store.membership()
    sync = build_sync(kiosk.config, kiosk.folder, store, member)
    while sync.round():
        pass
    sync.close()
    assert fleet_check(kiosk.config, kiosk.folder).key == "doctor.found.fleet_on"
    store.keep_lease(replace(member.lease, wall=instant().wall - timedelta(hours=25)))
    assert fleet_check(kiosk.config, kiosk.folder).key == "doctor.found.fleet_stale"
    kiosk.config = config_from({"fleet": {"url": "postgresql://a:pw@127.0.0.1:1/munjigi"}})
    found = fleet_check(kiosk.config, kiosk.folder)
    assert (found.key, "pw" in found.advice) == ("doctor.found.fleet_failed", False)
