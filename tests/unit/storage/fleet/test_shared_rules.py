"""The access rules that staff store at one node count at all nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.core.access_rules import STORED, digest
from kiosk.core.errors import ConfigError
from kiosk.core.fleet import FactKind
from kiosk.storage.fleet.fleet_store import FleetStore
from tests.unit.storage.fleet.two_nodes import Feed, Node, node


@dataclass
class File:
    """A policy file whose longer texts let more people in."""

    text: str = ""
    written: list[str] = field(default_factory=list)

    def read(self) -> str:
        return self.text

    def write(self, text: str) -> None:
        if "broken" in text:
            raise ConfigError("The policy file cannot be used; correct it.")
        self.text = text
        self.written.append(text)

    def widens(self, text: str) -> bool:
        return len(text) > len(self.text)


@dataclass
class RulesNode(Node):
    file: File = field(default_factory=File)

    def store_rules(self, text: str) -> None:
        """Store rules as the service does."""
        self.store.audit_log.record("rules_changed", "lee", {})
        self.file.text = text
        self.store.settings.set(STORED, digest(text))

    @property
    def stored(self) -> str:
        return str(self.store.settings.get(STORED, ""))


def with_rules(path: Path, name: str) -> RulesNode:
    plain = node(path, name)
    file = File()
    return RulesNode(plain.store, FleetStore(plain.store, rules=file), [], file)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[RulesNode, RulesNode]]:
    a, b = (with_rules(tmp_path / n / "munjigi.db", n) for n in ("north", "south"))
    yield a, b
    a.store.close()
    b.store.close()


def test_rules_stored_at_one_node_are_in_force_at_the_other(
    nodes: tuple[RulesNode, RulesNode], feed: Feed
) -> None:
    a, b = nodes
    a.store_rules("day = 1")
    feed.exchange(a, b)
    assert b.file.text == "day = 1" and b.stored == digest("day = 1")
    assert b.file.written == ["day = 1"] and a.file.written == []
    b.store_rules("day = 2")
    feed.exchange(a, b)
    assert a.file.text == "day = 2" and len(feed.lines) == 2
    assert a.fleet.local_changes(9) == b.fleet.local_changes(9) == []


def test_what_somebody_edits_by_hand_is_not_pushed(
    nodes: tuple[RulesNode, RulesNode], feed: Feed
) -> None:
    a, b = nodes
    a.store_rules("day = 1")
    a.file.text = "day = everybody"
    feed.exchange(a, b)
    assert feed.lines == [] and b.file.text == ""


def test_rules_that_are_no_policy_are_not_used_and_hold_up_nothing(
    nodes: tuple[RulesNode, RulesNode], feed: Feed
) -> None:
    a, b = nodes
    a.store_rules("day = 1")
    feed.exchange(a, b)
    feed.say(FactKind.RULES, feed.lines[0].fact.subject, 2, "broken")
    a.enrol("2026-1")
    feed.exchange(a, b)
    assert b.file.text == "day = 1" and b.numbers() == ["2026-1"]


@pytest.mark.parametrize("wider", ["north", "south"])
def test_of_two_texts_the_one_that_lets_nobody_else_in_counts_until_staff_choose(
    nodes: tuple[RulesNode, RulesNode], feed: Feed, wider: str
) -> None:
    a, b = nodes
    texts = {"north": "day = 1", "south": "day = 2"} | {wider: "day = 1, night = 1"}
    a.store_rules(texts["north"])
    b.store_rules(texts["south"])
    feed.exchange(a, b)
    strict = texts["south" if wider == "north" else "north"]
    assert a.file.text == b.file.text == strict
    (conflict,) = b.fleet.conflicts()
    assert (conflict.mine, conflict.theirs) == (texts["south"], texts["north"])
    b.fleet.settle(conflict.id, wider == "south", "kim")
    feed.exchange(a, b)
    assert a.file.text == b.file.text == texts[wider] and b.fleet.conflicts() == []
    assert feed.lines[-1].fact.account == "kim"
    assert json.dumps(a.stored) == json.dumps(b.stored)
