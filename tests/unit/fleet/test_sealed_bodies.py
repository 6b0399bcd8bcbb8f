"""Bodies: what goes in comes out, and nothing else is read as a fact."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time
from typing import Any

import numpy as np
import pytest

from kiosk.core.errors import FleetError
from kiosk.core.fleet import Content, Fact, FactKind, FleetAccount, LocalChange
from kiosk.core.templates import Template
from kiosk.fleet.trust.body_fields import BodyRefused
from kiosk.fleet.trust.feed_lines import digest_of
from kiosk.fleet.trust.sealed_bodies import BodySealer, KeyMissing, SealedDraft
from tests.helpers.fleet_nodes import START, drawn_person

FLEET = "f" * 64
SEALER = BodySealer(FLEET)
FULL = drawn_person(
    groups=("lab", "night"),
    valid_from=date(2026, 3, 2),
    valid_until=date(2026, 6, 30),
    until_time=time(18),
    templates=(),
)


def sealed(kind: FactKind, content: Content, sealer: BodySealer = SEALER) -> SealedDraft:
    return sealer.draft(LocalChange(kind, "1" * 32, 0, 1, ("*",), content, "kim", START))


def fact(kind: FactKind, body: bytes) -> Fact:
    line = Fact(2, kind, "1" * 32, 1, ("*",), digest_of(body), b"", START, "a" * 32, "", b"")
    return replace(line, body=body)


@pytest.mark.parametrize(
    "kind,content",
    [
        (FactKind.PERSON, FULL),
        (FactKind.PERSON, replace(FULL, valid_until=None, until_time=None, pin_set_at=None)),
        (FactKind.ACCOUNT, FleetAccount("kim", "admin", True, "hash", START, START, True)),
        (FactKind.ACCOUNT, FleetAccount("이산", "staff", False, "", START)),
        (FactKind.ACCOUNT, None),
        (FactKind.SETTINGS, {"a.b": "x", "c": [1, 2.5, "y"], "d": True}),
        (FactKind.RULES, "[groups.lab]\nname = '실험실'\n"),
        (FactKind.RULES, None),
        (FactKind.DELETION, None),
        (FactKind.ORDER, {"order": "lockdown", "doors": ["*"]}),
    ],
)
def test_what_goes_in_comes_out(kind: FactKind, content: Content) -> None:
    draft = sealed(kind, content)
    assert SEALER.open(fact(kind, draft.draft.body), draft.key or None) == content


def test_templates_keep_their_values_and_names_lie_open_only_where_that_is_set() -> None:
    person = drawn_person()
    draft = sealed(FactKind.PERSON, person, BodySealer(FLEET, sealed_names=False))
    assert person.name in draft.draft.body.decode()
    found = SEALER.open(fact(FactKind.PERSON, draft.draft.body), draft.key)
    assert getattr(found, "name", "") == person.name
    vectors = [one.vector for one in getattr(found, "templates", ())]
    assert np.array_equal(vectors, [one.vector for one in person.templates])
    assert person.name not in sealed(FactKind.PERSON, person).draft.body.decode()


def test_a_body_opens_with_its_own_key_as_its_own_fact_only() -> None:
    draft = sealed(FactKind.PERSON, FULL)
    line = fact(FactKind.PERSON, draft.draft.body)
    for key in (None, b"", bytes(32), sealed(FactKind.PERSON, FULL).key):
        with pytest.raises(KeyMissing):
            SEALER.open(line, key)
    for other in (replace(line, subject="2" * 32), replace(line, version=2)):
        with pytest.raises(KeyMissing):
            SEALER.open(other, draft.key)
    with pytest.raises(BodyRefused):  # another kind under the same key
        SEALER.open(replace(line, kind=FactKind.ACCOUNT), draft.key)
    with pytest.raises(KeyMissing):
        BodySealer("e" * 64).open(line, draft.key)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"more": 1},
        {"open": []},
        {"open": {"groups": ["lab"], "enabled": 1}},
        {"open": {"groups": ["lab"], "enabled": True, "number": "7", "name": "x"}},
        {"open": {"groups": ["lab", "lab"], "enabled": True}},
        {"open": {"groups": ["x" * 300], "enabled": True}},
        {"open": {"groups": ["x\n"], "enabled": True}},
        {"open": {"groups": [], "enabled": True, "until": "soon"}},
        {"open": {"groups": [], "enabled": True, "until_time": "18:00+09:00"}},
        {"sealed": "***"},
        {"sealed": 7},
        {"sealed": ""},
        {"gone": True},
    ],
)
def test_a_hostile_body_is_refused(change: dict[str, Any]) -> None:
    draft = sealed(FactKind.PERSON, FULL)
    body = json.dumps(json.loads(draft.draft.body) | change).encode()
    with pytest.raises(BodyRefused):
        SEALER.open(fact(FactKind.PERSON, body), draft.key)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"{}", b"[" * 9999, b"9" * 9999])
def test_what_is_no_body_is_refused(body: bytes) -> None:
    for kind in FactKind:
        with pytest.raises(BodyRefused):
            SEALER.open(fact(kind, body), bytes(32))


@pytest.mark.parametrize(
    "person",
    [
        replace(FULL, name="x\0"),
        replace(FULL, name="x" * 300),
        replace(FULL, role="emperor"),
        replace(FULL, entry="wish"),
        replace(FULL, groups=("x",) * 99),
        replace(FULL, templates=(Template(0, "e", np.array([np.nan], np.float32)),)),
        replace(FULL, templates=(Template(0, "e", np.zeros(0, np.float32)),)),
    ],
)
def test_what_no_node_could_read_is_not_written(person: Content) -> None:
    with pytest.raises(BodyRefused):
        sealed(FactKind.PERSON, person)


def test_a_card_of_a_newer_kind_is_left_out_and_a_card_twice_is_refused() -> None:
    (card,) = FULL.cards
    newer = replace(FULL, cards=(replace(card, kind="palm"), card))
    draft = sealed(FactKind.PERSON, newer)
    assert SEALER.open(fact(FactKind.PERSON, draft.draft.body), draft.key) == FULL
    with pytest.raises(FleetError):
        sealed(FactKind.PERSON, replace(FULL, cards=(card, card)))
