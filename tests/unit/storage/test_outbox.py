"""The queue of notifications on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.core.errors import KioskError, StorageError
from kiosk.core.site_events import EventKind, SiteEvent, WaitingMessage
from kiosk.storage import outbox as outbox_file
from kiosk.storage.outbox import Outbox

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = 1_000_000.0
FAR = 7200.0
AWAY = KioskError("It is away.", key="error.delivery_status", status=500)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "outbox.db")) as made:
        yield made


def event(kind: EventKind = EventKind.DOOR_FORCED, **values: object) -> SiteEvent:
    return SiteEvent(kind, AT, values)


def waiting(outbox: Outbox, now: float = NOW, channel: str = "webhook") -> WaitingMessage:
    found = outbox.next(channel, now, FAR)
    assert isinstance(found, WaitingMessage), found
    return found


def test_messages_survive_and_come_in_order_for_each_channel(tmp_path: Path):
    told = [event(EventKind.DOOR_FORCED), event(EventKind.TAMPER, person="김*수")]
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        for one in told:
            outbox.add("webhook", one, NOW, 60)
            outbox.add("email", one, NOW, 60)
    assert (tmp_path / "outbox.db").stat().st_mode & 0o777 == 0o600
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        for one in told:
            first = waiting(outbox)
            assert first.event == one
            assert waiting(outbox) == first, "it waits until it is sent"
            outbox.sent(first, NOW)
        assert outbox.next("webhook", NOW, FAR) is None
        state = outbox.state("webhook")
        assert (state.sent, state.waiting) == (2, 0)
        assert state.last_sent == datetime.fromtimestamp(NOW).astimezone()
        assert outbox.state("email").waiting == 2, "channels do not depend on each other"


def test_a_kind_makes_one_message_in_its_time_and_the_rest_is_counted(outbox: Outbox):
    for second in (0, *range(21, 39)):
        outbox.add("webhook", event(n=second), NOW + second, 60)
    outbox.add("webhook", event(EventKind.FIRE), NOW + 39, 60)
    first = waiting(outbox, NOW + 40)
    assert (first.event.values, first.more) == ({"n": 0}, 0)
    outbox.sent(first, NOW)
    second = waiting(outbox, NOW + 40)
    assert second.event.kind is EventKind.FIRE, "another kind does not wait"
    outbox.sent(second, NOW)
    assert outbox.next("webhook", NOW + 40, FAR) == pytest.approx(20)
    third = waiting(outbox, NOW + 61)
    assert (third.event.values, third.more) == ({"n": 38}, 17), "the last, and 17 more"
    outbox.sent(third, NOW)
    outbox.add("webhook", event(), NOW + 62, 60)
    assert outbox.next("webhook", NOW + 62, FAR) == pytest.approx(58)
    outbox.hurry()
    assert waiting(outbox, NOW + 62).more == 0


def test_a_failure_makes_the_whole_channel_wait(outbox: Outbox):
    outbox.add("webhook", event(), NOW, 60)
    outbox.add("webhook", event(EventKind.FIRE), NOW, 60)
    first = waiting(outbox)
    outbox.failed(first, AWAY, NOW, NOW + 10, refused=False)
    assert outbox.next("webhook", NOW + 1, FAR) == pytest.approx(9)
    error = outbox.state("webhook").last_error
    assert error is not None
    assert (str(error), error.key, error.values) == (str(AWAY), AWAY.key, {"status": "500"})
    assert outbox.failures("webhook") == 1
    assert waiting(outbox, NOW + 10).seq == first.seq, "in order"
    outbox.hurry()
    assert waiting(outbox, NOW + 1).seq == first.seq
    outbox.sent(first, NOW)
    assert (outbox.failures("webhook"), outbox.state("webhook").last_error) == (0, None)


def test_a_clock_that_is_set_back_stops_nothing(outbox: Outbox):
    outbox.add("webhook", event(), NOW, 60)
    outbox.failed(waiting(outbox), AWAY, NOW, NOW + 900, refused=False)
    outbox.add("webhook", event(), NOW + 1, 60)
    back = NOW - 86_400
    first = waiting(outbox, back)
    outbox.sent(first, back)
    assert waiting(outbox, back).seq != first.seq, "what was held is not held for a day"
    outbox.add("email", event(), NOW, 60)
    outbox.add("email", event(), back, 60)
    outbox.sent(waiting(outbox, back, "email"), back)
    waiting(outbox, back, "email")


def test_old_and_too_many_messages_are_given_up(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox_file, "MAX_WAITING", 3)
    for hour in range(5):
        outbox.add("webhook", event(hour=hour), NOW + 3600 * hour, 60)
    outbox.add("email", event(), NOW, 60)
    outbox.prune("webhook", NOW + 4 * 3600, 3.5 * 3600)
    assert (outbox.state("webhook").waiting, outbox.state("webhook").dropped) == (3, 2)
    assert waiting(outbox, NOW + 4 * 3600).event.values == {"hour": 2}
    outbox.drop(waiting(outbox, NOW + 4 * 3600))
    assert outbox.state("webhook").dropped == 3
    assert outbox.state("email").waiting == 1, "another channel's stay"
    outbox.clear("email")
    assert outbox.state("email").waiting == 0


def test_names_are_forgotten_in_what_waits(outbox: Outbox, tmp_path: Path):
    outbox.add("webhook", event(person="김민수", n=3), NOW, 60)
    outbox.forget_names()
    assert waiting(outbox).event.values == {"n": 3}
    assert "김민수".encode() not in (tmp_path / "outbox.db").read_bytes()


def test_a_damaged_queue_is_replaced(tmp_path: Path):
    (tmp_path / "outbox.db").write_bytes(b"no database at all" * 100)
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        outbox.add("webhook", event(), NOW, 60)
        assert waiting(outbox)


def test_a_folder_that_cannot_be_used_is_explained(tmp_path: Path):
    with pytest.raises(StorageError, match="check the disk"):
        Outbox(tmp_path / "missing" / "outbox.db")
