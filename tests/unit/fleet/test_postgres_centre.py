"""The centre at a real PostgreSQL: the feed, who reads what, keys, logs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.errors import FleetError
from kiosk.core.fleet import Beat, DoneReceipt, Draft, FactKind, LogRemoval, StaleBase, WrappedKey
from kiosk.fleet.centre.fleet_schema import drop_month
from kiosk.fleet.centre.postgres_centre import PostgresCentre
from kiosk.fleet.trust.feed_lines import link_of
from tests.helpers.centre_nodes import (
    FLEET,
    NOW,
    FleetNode,
    deletion,
    event,
    found,
    person,
    subject,
)
from tests.helpers.postgres import FleetDatabase


@pytest.fixture
def founder(fleet_database: FleetDatabase) -> FleetNode:
    return found(fleet_database)


def test_lines_come_back_as_they_were_signed(founder: FleetNode) -> None:
    centre = founder.centre
    lines = founder.write(person(subject(), audience=("lab", "night")), person(subject()))
    assert centre.facts_after(1, 10) == lines
    assert centre.facts_after(1, 1) == lines[:1]
    head = centre.head()
    assert (head.number, head.link) == (3, link_of(FLEET, lines[-1]))
    assert centre.fleet() == FLEET


def test_an_older_base_is_refused_and_nothing_written(founder: FleetNode) -> None:
    anna, ben = subject(), subject()
    founder.write(person(anna))
    before = founder.centre.head()
    with pytest.raises(StaleBase) as refused:
        founder.write(person(ben), person(anna, body=b"mine"))
    assert refused.value.newest == {anna: 1}
    assert founder.centre.head() == before
    assert founder.centre.newest(FactKind.PERSON, ben) is None


def test_only_the_newest_body_of_a_person_is_kept(founder: FleetNode) -> None:
    anna = subject()
    founder.write(person(anna, body=b"one"))
    founder.write(person(anna, 1, body=b"two"))
    assert [fact.body for fact in founder.centre.facts_after(1, 10)] == [None, b"two"]


def test_a_deletion_takes_body_and_keys_and_ends_the_subject(founder: FleetNode) -> None:
    anna = subject()
    founder.write(person(anna), keys=[WrappedKey(anna, founder.node, 1, b"key")])
    (line,) = founder.write(deletion(anna))
    centre = founder.centre
    assert centre.deletions_after(0, 10) == [line]
    newest = centre.newest(FactKind.PERSON, anna)
    assert newest is not None and newest.body is None
    assert centre.wrapped_keys([anna]) == []
    with pytest.raises(StaleBase):
        founder.write(person(anna, 1))
    centre.put_keys([WrappedKey(anna, founder.node, 9, b"late")])
    assert centre.wrapped_keys([anna]) == []
    centre.put_receipt(DoneReceipt(founder.node, anna, line.number, NOW, b"s"))
    assert centre.receipts(line.number) == [DoneReceipt(founder.node, anna, line.number, NOW, b"s")]


def test_a_door_reads_bodies_of_its_groups_and_its_own_keys(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"])
    lab, office, everybody = subject(), subject(), subject()
    founder.write(
        person(lab, audience=["lab", "night"]),
        person(office, audience=["office"]),
        person(everybody),
        keys=[WrappedKey(lab, node, 1, node.encode()) for node in (founder.node, door.node)],
    )
    bodies = {fact.subject: fact.body for fact in door.centre.facts_after(2, 10)}
    assert bodies == {lab: b"sealed", office: None, everybody: b"sealed"}
    assert [key.sealed for key in door.centre.wrapped_keys([lab])] == [door.node.encode()]


def test_missing_keys_are_named_until_they_come(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    lab, office = subject(), subject()
    founder.write(
        person(lab, audience=["lab"]),
        person(office, audience=["office"]),
        keys=[WrappedKey(name, founder.node, 1, b"mine") for name in ("", lab, office)],
    )
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"])
    assert sorted(founder.centre.keys_missing(10)) == [("", door.node), (lab, door.node)]
    assert door.centre.keys_missing(10) == []
    founder.centre.put_keys([WrappedKey(name, door.node, 1, b"its") for name in ("", lab, office)])
    assert founder.centre.keys_missing(10) == []
    assert len(door.centre.wrapped_keys(["", lab])) == 2
    # the next version has a key of its own; the one before opens nothing any more
    founder.write(
        person(lab, 1, audience=["lab"]), keys=[WrappedKey(lab, founder.node, 2, b"next")]
    )
    assert door.centre.wrapped_keys([lab]) == []
    assert founder.centre.keys_missing(10) == [(lab, door.node)]


def test_accounts_have_keys_too(fleet_database: FleetDatabase, founder: FleetNode) -> None:
    account = subject()
    draft = Draft(FactKind.ACCOUNT, account, 0, ("*",), b"sealed", NOW, "admin")
    founder.write(draft, keys=[WrappedKey(account, founder.node, 1, b"key")])
    assert len(founder.centre.wrapped_keys([account])) == 1
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"])
    assert founder.centre.keys_missing(10) == [(account, door.node)]
    founder.centre.put_keys([WrappedKey(subject(), door.node, 1, b"of nothing")])
    assert fleet_database.sql("SELECT count(*) FROM munjigi.wrapped_keys") == [(1,)]


def test_a_revoked_node_reads_nothing_that_comes_later(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    door = founder.admit(FleetNode(fleet_database, "door"))
    anna = subject()
    keys = [WrappedKey(anna, node, 1, b"key") for node in (founder.node, door.node)]
    founder.write(person(anna), keys=keys)
    founder.describe(door, 1, revoked=True)
    founder.write(person(subject()))
    lines = door.centre.facts_after(0, 10)
    assert [fact.number for fact in lines] == [1, 2, 3, 4]
    assert lines[2].body is None
    assert door.centre.wrapped_keys([anna]) == []
    with pytest.raises(FleetError, match="revoked"):
        door.write(person(subject()))
    with pytest.raises(FleetError, match="revoked"):
        door.centre.push_events([event(1)])


def test_a_door_without_staff_writes_its_events_alone(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    door = founder.admit(FleetNode(fleet_database, "door"), staff=False)
    with pytest.raises(FleetError, match="without staff"):
        door.write(person(subject()))
    with pytest.raises(FleetError, match="without staff"):
        door.describe(founder, 1, revoked=True)
    with pytest.raises(FleetError, match="without staff"):
        door.describe(door, 1, staff=False)
    assert door.centre.push_events([event(1)]) == 1


def test_rows_of_a_log_are_taken_once_and_without_gaps(founder: FleetNode) -> None:
    centre = founder.centre
    assert centre.events_stored() == (0, bytes(32))
    assert centre.push_events([event(1), event(2)]) == 2
    assert centre.push_events([event(1), event(2)]) == 2
    assert centre.push_events([event(2), event(3)]) == 3
    assert centre.events_stored() == (3, event(3).link)
    for rows in ([event(5)], [event(4), event(6)], [event(4), event(4)]):
        with pytest.raises(FleetError, match="missing"):
            centre.push_events(rows)
    forked = event(3)
    with pytest.raises(FleetError, match="other rows"):
        centre.push_events([type(forked)(3, "log", NOW, b"", b"another link"), event(4)])
    assert centre.events_stored() == (3, event(3).link)


def test_the_newest_beat_of_each_node_is_kept(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    door = founder.admit(FleetNode(fleet_database, "door"))
    beat = Beat(door.node, NOW, 2, b"l" * 32, 0, bytes(32), {"version": "1", "people": 3}, b"s")
    door.centre.beat(Beat(door.node, NOW, 1, b"l" * 32, 0, bytes(32), {}, b"s"))
    door.centre.beat(beat)
    assert founder.centre.beats() == [beat]
    with pytest.raises(FleetError):
        founder.centre.beat(beat)


def test_a_login_belongs_to_one_node_and_a_name_to_one(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    door, other = FleetNode(fleet_database, "door"), FleetNode(fleet_database, "other")
    door.centre.ask_to_join(door.request())
    door.centre.ask_to_join(door.request())
    assert founder.centre.join_requests() == [door.request()]
    other.name = "door"
    with pytest.raises(FleetError, match="has this name"):
        other.centre.ask_to_join(other.request())
    other.name = "other"
    with pytest.raises(FleetError, match="another node"):
        other.centre.ask_to_join(door.request())
    founder.describe(door)
    assert founder.centre.join_requests() == []
    with pytest.raises(FleetError, match="another node"):
        door.centre.ask_to_join(other.request())


def test_a_login_that_is_not_admitted_sees_the_nodes_alone(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    founder.write(person(subject()))
    stranger = FleetNode(fleet_database, "stranger")
    assert [fact.kind for fact in stranger.centre.facts_after(0, 10)] == [FactKind.NODE]
    assert stranger.centre.beats() == []
    with pytest.raises(FleetError, match="not admitted"):
        stranger.write(person(subject()))


def test_waiting_ends_when_another_node_wrote(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    door = founder.admit(FleetNode(fleet_database, "door"))
    assert door.centre.wait(0)  # it may have missed something before
    assert not door.centre.wait(0)
    founder.write(person(subject()))
    assert door.centre.wait(60)
    door.write(person(subject()))
    assert not door.centre.wait(0)


def test_without_listen_the_feed_is_looked_at_once_a_second(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    pauses: list[float] = []
    centre = PostgresCentre(founder.url, FLEET, pause=pauses.append)
    fleet_database.opened.append(centre)
    centre.head()
    assert not centre._link.pooled
    centre._link.pooled = True  # as behind PgBouncer, whose process numbers are its own
    assert centre.wait(60)  # it may have missed something before
    assert not centre.wait(2.5)
    assert pauses == [1.0, 1.0, 0.5]
    founder.write(person(subject()))
    assert centre.wait(60)


def test_a_page_of_a_log_is_read_from_the_newest_back(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    rows = [replace(event(n), at=NOW + timedelta(seconds=n)) for n in range(1, 6)]
    door = founder.admit(FleetNode(fleet_database, "door"), groups=["lab"])
    door.centre.push_events(rows)
    page = founder.centre.log_page(door.node, NOW + timedelta(seconds=4), 2)
    assert page == [rows[2], rows[1]]
    assert founder.centre.events_of(door.node, 3, 10) == rows[3:]
    assert founder.centre.log_heads() == {door.node: (5, rows[-1].link)}
    other = founder.admit(FleetNode(fleet_database, "other"), groups=["lab"])
    assert other.centre.events_of(door.node, 0, 10) == []


def test_a_dropped_month_leaves_the_links_of_both_ends(
    fleet_database: FleetDatabase, founder: FleetNode
) -> None:
    founder.centre.push_events([event(1), event(2), event(3)])
    day = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).date().isoformat()
    fleet_database.sql(f"SELECT munjigi.make_month('{day}')")
    fleet_database.sql(f"UPDATE munjigi.events SET stored_at = '{day}'")
    assert drop_month(fleet_database.admin, day) == 3
    assert drop_month(fleet_database.admin, day) == 0
    assert founder.centre.log_removals() == [
        LogRemoval(founder.node, 1, 3, event(1).link, event(3).link)
    ]
    assert founder.centre.events_stored() == (3, event(3).link)
    with pytest.raises(FleetError, match="other rows"):
        founder.centre.push_events([replace(event(3), link=b"another")])
    assert founder.centre.push_events([event(3), event(4)]) == 4
    assert [row.sequence for row in founder.centre.events_of(founder.node, 0, 10)] == [4]


def test_a_month_is_named_as_a_day_of_it(fleet_database: FleetDatabase) -> None:
    with pytest.raises(FleetError, match="2026-01-31"):
        drop_month(fleet_database.admin, "January")
    with pytest.raises(FleetError, match="not over"):
        drop_month(fleet_database.admin, datetime.now(UTC).date().isoformat())
