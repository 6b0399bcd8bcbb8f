"""Sending what waits: order, pauses, giving up; no channel waits for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.core.errors import StorageError
from kiosk.core.process_turn import ProcessTurn
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.notify.event_notifier import EventNotifier
from kiosk.notify.message import DeliveryError, Message
from kiosk.notify.sender import LOOK_S, ChannelSender, pause_after
from kiosk.storage.outbox import Outbox

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEEP_S = 3 * 86_400.0


class Receiver:
    """A channel in memory; ``fails``: raises the error of the try of that number, if any."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.tries = 0
        self.fails: Callable[[int], Exception | None] = lambda number: None
        self.came = threading.Condition()

    def send(self, message: Message) -> None:
        self.tries += 1
        error = self.fails(self.tries)
        if error is not None:
            raise error
        with self.came:
            self.taken.append(message)
            self.came.notify_all()

    def until(self, number: int) -> bool:
        with self.came:
            return self.came.wait_for(lambda: len(self.taken) >= number, 20)

    def close(self) -> None:
        pass


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "outbox.db")) as made:
        yield made


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def sender(outbox: Outbox, receiver: Receiver, clock: Clock) -> ChannelSender:
    return ChannelSender("webhook", receiver, outbox, "301호", KEEP_S, clock, lambda: 1.0)


def add(outbox: Outbox, clock: Clock, *kinds: EventKind) -> None:
    for kind in kinds:
        outbox.add("webhook", SiteEvent(kind, AT), clock(), 60)


def test_pauses_double_up_to_a_limit_with_jitter():
    assert [pause_after(n, 0, 1.0) for n in (0, 1, 2, 7, 30)] == [5, 10, 20, 640, 900]
    assert pause_after(0, 0, 0.0) == 2.5
    assert pause_after(0, 120, 1.0) == 120, "the receiver's wish counts"


def test_a_failed_message_is_sent_again_before_the_next(outbox: Outbox):
    clock, receiver = Clock(), Receiver()
    add(outbox, clock, EventKind.DOOR_FORCED, EventKind.TAMPER)
    receiver.fails = lambda number: DeliveryError("status 500") if number <= 2 else None
    sending = sender(outbox, receiver, clock)
    assert sending.step() == 0
    assert sending.step() == pytest.approx(5), "then it waits"
    clock.now += 5
    sending.step()
    assert sending.step() == pytest.approx(10)
    clock.now += 10
    while sending.step() == 0:
        pass
    assert [one.event.kind for one in receiver.taken] == [EventKind.DOOR_FORCED, EventKind.TAMPER]
    assert [one.sequence for one in receiver.taken] == [1, 2]
    assert receiver.taken[0].site == "301호"
    assert sending.step() == LOOK_S


def test_a_refused_message_is_given_up_after_three_tries(outbox: Outbox):
    clock, receiver = Clock(), Receiver()
    add(outbox, clock, EventKind.DOOR_FORCED, EventKind.TAMPER)
    receiver.fails = lambda n: DeliveryError("status 422", refused=True) if n <= 3 else None
    sending = sender(outbox, receiver, clock)
    for _ in range(20):
        clock.now += 1000 if sending.step() else 0
    assert [one.event.kind for one in receiver.taken] == [EventKind.TAMPER]
    assert outbox.state("webhook").dropped == 1


def test_a_bug_in_a_channel_is_a_failure_like_others(outbox: Outbox):
    clock, receiver = Clock(), Receiver()
    add(outbox, clock, EventKind.DOOR_FORCED)
    receiver.fails = lambda number: ZeroDivisionError("oh")
    sender(outbox, receiver, clock).step()
    assert str(outbox.state("webhook").last_error) == "ZeroDivisionError: oh"


def test_old_messages_are_not_sent(outbox: Outbox):
    clock, receiver = Clock(), Receiver()
    add(outbox, clock, EventKind.DOOR_FORCED)
    clock.now += KEEP_S + 1
    assert sender(outbox, receiver, clock).step() == LOOK_S
    assert outbox.state("webhook").dropped == 1


def test_what_was_delivered_is_not_sent_again_while_the_disk_is_full(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
):
    clock, receiver = Clock(), Receiver()
    add(outbox, clock, EventKind.DOOR_FORCED, EventKind.TAMPER)
    sending, remove = sender(outbox, receiver, clock), outbox.sent

    def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(outbox, "sent", full)
    for _ in range(3):
        with pytest.raises(StorageError):
            sending.step()
    assert [one.event.kind for one in receiver.taken] == [EventKind.DOOR_FORCED]
    monkeypatch.setattr(outbox, "sent", remove)
    while sending.step() == 0:
        pass
    assert [one.event.kind for one in receiver.taken] == [EventKind.DOOR_FORCED, EventKind.TAMPER]
    assert outbox.state("webhook").sent == 2 and outbox.state("webhook").waiting == 0


class Source:
    """Gives its events once they are set; counts how often it was told that they are queued."""

    def __init__(self) -> None:
        self.events: Sequence[SiteEvent] = ()
        self.gathered_calls = 0

    def gather(self) -> Sequence[SiteEvent]:
        events, self.events = self.events, ()
        if any(event.kind is EventKind.LOW_DISK for event in events):
            raise StorageError("the database is away")
        return events

    def gathered(self) -> None:
        self.gathered_calls += 1


def test_a_receiver_that_hangs_stops_no_other_and_nobody_who_tells(outbox: Outbox, tmp_path: Path):
    clock, good, bad, release = Clock(), Receiver(), Receiver(), threading.Event()

    def hang(number: int) -> Exception | None:
        release.wait(20)
        return None

    bad.fails = hang
    source = Source()
    notifier = EventNotifier(
        outbox,
        {
            name: ChannelSender(name, receiver, outbox, "", KEEP_S, clock)
            for name, receiver in (("webhook", good), ("email", bad))
        },
        [source],
        ProcessTurn(tmp_path / "outbox.lock"),
        silent=["fire"],
        repeat_s=0,
        wall=clock,
    )
    source.events = [SiteEvent(EventKind.TAMPER, AT)]
    notifier.start()
    try:
        notifier.tell(SiteEvent(EventKind.FIRE, AT))
        notifier.tell(SiteEvent(EventKind.DOOR_FORCED, AT))
        assert good.until(2)
        kinds = {one.event.kind for one in good.taken}
        assert kinds == {EventKind.TAMPER, EventKind.DOOR_FORCED}, "fire is silent"
        assert source.gathered_calls >= 1
        source.events = [SiteEvent(EventKind.LOW_DISK, AT)]
        notifier.tell(SiteEvent(EventKind.DOOR_HELD_OPEN, AT))
        assert good.until(3), "a source that fails stops nothing"
        assert outbox.state("email").waiting >= 2
    finally:
        release.set()
        notifier.stop()


def test_one_process_sends_at_a_time(tmp_path: Path):
    first, second = (ProcessTurn(tmp_path / "outbox.lock") for _ in range(2))
    assert first.take() and first.take()
    assert not second.take()
    first.give()
    assert second.take()
    second.give()
