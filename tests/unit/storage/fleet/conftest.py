"""Two nodes of one fleet, and its feed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.storage.fleet.two_nodes import Feed, Node, node


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def a(tmp_path: Path) -> Iterator[Node]:
    one = node(tmp_path / "a" / "munjigi.db", "north")
    yield one
    one.store.close()


@pytest.fixture
def b(tmp_path: Path) -> Iterator[Node]:
    one = node(tmp_path / "b" / "munjigi.db", "south")
    yield one
    one.store.close()
