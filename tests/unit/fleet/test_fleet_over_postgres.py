"""Nodes with the real trust and the real loop at a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.core.fleet import FactKind
from kiosk.core.fleet_view import FeedCheck
from kiosk.fleet.sync.log_check import verify_logs
from tests.helpers.centre_nodes import event, subject
from tests.helpers.fleet_nodes import drawn_person
from tests.helpers.postgres import FleetDatabase
from tests.helpers.postgres_nodes import PostgresNode, postgres_fleet

pytestmark = pytest.mark.slow


def seen(node: PostgresNode, who: str) -> tuple[str, list[list[float]]]:
    """Return what the node knows of a person: the number and the templates' numbers."""
    person = node.person(who)
    assert person is not None
    return person.number, [template.vector.tolist() for template in person.templates]


def test_a_person_enrolled_at_a_desk_reaches_the_doors_that_they_concern(
    fleet_database: FleetDatabase,
) -> None:
    desk, (lab, office) = postgres_fleet(fleet_database, ("lab",), ("office",))
    anna, ben = subject(), subject()
    desk.enrol(anna, drawn_person(groups=("lab",)))
    lab.enrol(ben, drawn_person("2026-2222"))
    for node in (desk, lab, office):
        node.rounds()
    assert seen(lab, anna) == seen(desk, anna)
    assert office.person(anna) is None
    assert seen(office, ben) == seen(desk, ben) == seen(lab, ben)
    stored = fleet_database.sql("SELECT body FROM munjigi.bodies WHERE kind = 'person'")
    assert not any("홍길동".encode() in body for (body,) in stored)


def test_a_deletion_reaches_all_and_is_answered(fleet_database: FleetDatabase) -> None:
    desk, (door,) = postgres_fleet(fleet_database, ("lab",))
    anna = subject()
    desk.enrol(anna, drawn_person(groups=("lab",)))
    door.rounds()
    assert door.person(anna)
    desk.write(FactKind.DELETION, anna, {}, ("lab",))
    desk.rounds()
    door.rounds()
    assert door.person(anna) is None
    number = desk.head.number
    assert {receipt.node for receipt in desk.centre.receipts(number)} == {desk.id, door.id}
    assert fleet_database.sql(f"SELECT 1 FROM munjigi.wrapped_keys WHERE subject = '{anna}'") == []


def test_a_door_that_joins_later_takes_who_was_there(fleet_database: FleetDatabase) -> None:
    desk, _ = postgres_fleet(fleet_database, ("lab",))
    people = [subject() for _ in range(3)]
    for number, who in enumerate(people):
        desk.enrol(who, drawn_person(f"2026-000{number}", groups=("lab", "night")))
    late = PostgresNode(fleet_database, desk.db, "late", ("night",))
    desk.admit(late)
    desk.rounds()
    late.rounds()
    assert [seen(late, who) for who in people] == [seen(desk, who) for who in people]
    late.store.log = [event(1, b"a"), event(2, b"b")]
    late.rounds()
    assert late.centre.events_stored() == (2, event(2).link)
    assert fleet_database.sql("SELECT count(*) FROM munjigi.events WHERE body = 'a'") == [(0,)]
    desk.revoke(late)
    late.rounds()
    assert late.store.member is not None and late.store.member.revoked


def test_a_door_replaces_its_sealing_key_and_all_logs_are_verified(
    fleet_database: FleetDatabase,
) -> None:
    desk, (door,) = postgres_fleet(fleet_database, ("lab",))
    people = [subject() for _ in range(3)]
    for number, who in enumerate(people):
        desk.enrol(who, drawn_person(f"2026-000{number}", groups=("lab",)))
    door.rounds()
    before = door.trust.keys.sealing
    while door.trust.renew_sealing(door.centre, timedelta(0), limit=2):
        door.rounds()
    assert door.trust.keys.sealing != before
    held = door.centre.own_keys(None, 9)
    assert [key.subject for key in held] == ["", *sorted(people)]
    assert not any(door.trust.keys.unwrap_replaced(door.trust.fleet, key) for key in held)
    door.add_rows(5)
    desk.add_rows(3)
    for node in (door, desk):
        node.rounds()
    assert verify_logs(desk.centre, desk.trust, desk.head) == FeedCheck(8)
    fleet_database.sql("DELETE FROM munjigi.events WHERE sequence = 4 RETURNING 1")
    assert "row 4 is missing" in verify_logs(desk.centre, desk.trust, desk.head).findings[0]


def test_what_the_owner_of_the_database_changes_is_not_believed(
    fleet_database: FleetDatabase,
) -> None:
    desk, (door,) = postgres_fleet(fleet_database, ("lab",))
    anna = subject()
    desk.enrol(anna, drawn_person(groups=("lab",), enabled=False))
    number = desk.head.number
    change = "UPDATE munjigi.{} WHERE number = {} RETURNING 1"
    body = r"convert_to(replace(convert_from(body, 'UTF8'), 'false', 'true'), 'UTF8')"
    fleet_database.sql(change.format(f"bodies SET body = {body}", number))
    door.rounds()
    assert door.person(anna) is None and door.head.number == number - 1
    digest = f"feed SET digest = (SELECT sha256(body) FROM munjigi.bodies WHERE number = {number})"
    fleet_database.sql(change.format(digest, number))
    door.rounds()
    assert door.person(anna) is None and door.head.number == number - 1
    assert door.sync.status.refused
