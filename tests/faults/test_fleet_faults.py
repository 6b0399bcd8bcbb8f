"""The short version of the table of a fleet's failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.fleet_faults import FleetFault, tried
from tests.helpers.postgres import PostgresServer


@pytest.mark.parametrize("title", ["the server is killed", "connections are cut in the middle"])
def test_a_failure_loses_and_doubles_nothing(
    title: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    found = tried(title, postgres, tmp_path)
    assert found.passed, found
    assert found.note, "no call failed, so nothing was tried"


def test_a_table_row_with_a_loss_does_not_pass() -> None:
    good = FleetFault("x", 1, 0, 0, 0, 0, 0.1)
    assert good.passed
    for bad in (
        FleetFault("x", 1, 1, 0, 0, 0, 0.1),
        FleetFault("x", 1, 0, 1, 0, 0, 0.1),
        FleetFault("x", 1, 0, 0, 1, 0, 0.1),
        FleetFault("x", 1, 0, 0, 0, 1, 0.1),
        FleetFault("x", 1, 0, 0, 0, 0, -1),
    ):
        assert not bad.passed
