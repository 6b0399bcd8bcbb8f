"""The one-slot hand-over."""

from __future__ import annotations

import threading

from kiosk.core.mailbox import Mailbox


def test_the_newest_value_wins_and_drops_are_counted():
    box: Mailbox[int] = Mailbox()
    assert box.put(1) is True
    assert box.put(2) is False
    assert (box.take(), box.take(), box.dropped) == (2, None, 1)


def test_a_waiting_reader_is_woken():
    box: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    reader = threading.Thread(target=lambda: taken.append(box.take(timeout=10)))
    reader.start()
    box.put(7)
    reader.join(timeout=10)
    assert taken == [7]


def test_closing_wakes_a_reader_without_a_value():
    box: Mailbox[int] = Mailbox()
    taken: list[int | None] = []
    reader = threading.Thread(target=lambda: taken.append(box.take(timeout=60)))
    reader.start()
    box.close()
    reader.join(timeout=10)
    assert taken == [None]
