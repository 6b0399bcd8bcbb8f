"""A line's signature and link cover everything that decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from kiosk.core.fleet import Draft, Fact, FactKind, FeedHead, StaleBase
from kiosk.fleet.trust.feed_lines import (
    from_microseconds,
    line_bytes,
    line_genuine,
    link_of,
    microseconds,
    sign_lines,
)
from kiosk.storage.crypto.signing import Signer
from tests.helpers.fleet_centre import MemoryCentre, MemoryFleet

FLEET = "f" * 64
NODE = "a" * 32
NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
SIGNER = Signer(bytes(32))


def draft(subject: str = "1" * 32, base: int = 0, body: bytes = b"{}") -> Draft:
    return Draft(FactKind.PERSON, subject, base, ("lab", "night"), body, NOW, "admin")


def lines(*drafts: Draft) -> list[Fact]:
    return sign_lines(FLEET, NODE, SIGNER, FeedHead(), drafts)


def test_lines_follow_each_other() -> None:
    first, second = lines(draft(), draft("2" * 32))
    assert (first.number, second.number) == (1, 2)
    assert first.previous == bytes(32)
    assert second.previous == link_of(FLEET, first)
    assert line_genuine(FLEET, second, SIGNER.public)


def test_the_same_drafts_give_the_same_bytes() -> None:
    assert lines(draft()) == lines(draft())


OTHER = [
    replace(lines(draft())[0], number=2),
    replace(lines(draft())[0], kind=FactKind.ACCOUNT),
    replace(lines(draft())[0], subject="2" * 32),
    replace(lines(draft())[0], version=2),
    replace(lines(draft())[0], audience=("lab",)),
    replace(lines(draft())[0], audience=("night", "lab")),
    replace(lines(draft())[0], audience=("labnight",)),
    replace(lines(draft())[0], digest=bytes(32)),
    replace(lines(draft())[0], previous=b"x" * 32),
    replace(lines(draft())[0], at=NOW + timedelta(microseconds=1)),
    replace(lines(draft())[0], writer="b" * 32),
    replace(lines(draft())[0], account="other"),
]


@pytest.mark.parametrize("changed", OTHER)
def test_a_changed_line_is_neither_genuine_nor_the_same_link(changed: Fact) -> None:
    line = lines(draft())[0]
    assert line_bytes(FLEET, changed) != line_bytes(FLEET, line)
    assert not line_genuine(FLEET, changed, SIGNER.public)
    assert link_of(FLEET, changed) != link_of(FLEET, line)


def test_another_signature_gives_another_link_and_another_fleet_too() -> None:
    line = lines(draft())[0]
    assert link_of(FLEET, replace(line, signature=bytes(64))) != link_of(FLEET, line)
    assert not line_genuine("e" * 64, line, SIGNER.public)


def test_times_keep_their_microseconds() -> None:
    at = datetime(2026, 3, 2, 9, 41, 3, 123457, tzinfo=UTC)
    assert from_microseconds(microseconds(at)) == at


def test_the_memory_centre_orders_and_refuses_stale_drafts() -> None:
    centre = MemoryCentre(MemoryFleet(FLEET), NODE)
    finish = partial(sign_lines, FLEET, NODE, SIGNER)
    centre.append([draft()], finish)
    (second,) = centre.append([draft(base=1, body=b"[]")], finish)
    assert [line.body for line in centre.facts_after(0, 9)] == [None, b"[]"]
    assert centre.head() == FeedHead(2, link_of(FLEET, second))
    with pytest.raises(StaleBase) as stale:
        centre.append([draft(base=1)], finish)
    assert stale.value.newest == {"1" * 32: 2}
    deletion = Draft(FactKind.DELETION, "1" * 32, 0, ("*",), b"{}", NOW)
    centre.append([deletion], finish)
    with pytest.raises(StaleBase):
        centre.append([draft(base=2)], finish)
    assert [line.body for line in centre.facts_after(0, 9)] == [None, None, b"{}"]
