"""Orders to doors: an opening happens once, within seconds, at one door."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.core.fleet import Fact, FactKind
from kiosk.fleet.trust.body_fields import BodyRefused
from kiosk.fleet.trust.orders import DoorOrder, OrderKind, opening_due
from tests.helpers.fleet_nodes import START, small_fleet

DOOR, OTHER = "a" * 32, "b" * 32
LOCK, OPEN = OrderKind.LOCKDOWN, OrderKind.OPEN_ONCE
GIVEN = Fact(5, FactKind.ORDER, "5" * 32, 1, ("*",), b"", b"", START, "c" * 32, "kim", b"")


@pytest.mark.parametrize(
    "doors,locked", [((), False), (("*",), True), ((DOOR,), True), ((OTHER,), False)]
)
def test_a_lock_down_names_its_doors(doors: tuple[str, ...], locked: bool) -> None:
    order = DoorOrder(LOCK, doors)
    assert order.addresses(DOOR) is locked
    assert DoorOrder.of(order.content()) == order


@pytest.mark.parametrize(
    "seconds,due", [(0, True), (30, True), (31, False), (-30, True), (-31, False)]
)
def test_an_opening_is_due_for_seconds(seconds: int, due: bool) -> None:
    now = START + timedelta(seconds=seconds)
    content = DoorOrder(OPEN, (DOOR,)).content()
    assert opening_due(GIVEN, content, DOOR, now) is due
    assert not opening_due(GIVEN, content, OTHER, now)
    assert not opening_due(GIVEN, DoorOrder(LOCK, (DOOR,)).content(), DOOR, now)


@pytest.mark.parametrize("doors", [(), ("*",), (DOOR, OTHER)])
def test_an_opening_names_exactly_one_door(doors: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        DoorOrder(OPEN, doors)
    with pytest.raises(BodyRefused):
        DoorOrder.of({"order": "open_once", "doors": list(doors)})


def test_a_door_reads_an_order_once_from_the_feed() -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.write(FactKind.ORDER, "5" * 32, DoorOrder(OPEN, (door.id,)).content())
    (line,) = [each for each in db.lines if each.kind is FactKind.ORDER]
    page = door.trust.read(door.head, [line], [])
    (applied,) = page.applied
    assert isinstance(applied.content, dict)
    assert opening_due(applied.fact, applied.content, door.id, START)
    door.store.apply(list(page.applied), page.head)
    assert door.trust.read(door.head, [line], []).refused is not None


@pytest.mark.parametrize("content", [{}, {"order": "open_all", "doors": ["*"]}, {"doors": 1}])
def test_an_order_of_unknown_shape_waits_and_changes_nothing(content: dict[str, object]) -> None:
    db, desk, (door,) = small_fleet(("lab",))
    desk.write(FactKind.ORDER, "5" * 32, content)
    door.rounds()
    assert door.head == db.head()
    assert door.store.content[FactKind.ORDER, "5" * 32] is None
