"""What /healthz says of the fleet."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from kiosk.app.runtime_report import RuntimeReport
from kiosk.core.errors import FleetError
from kiosk.core.fleet_status import FleetGauges, SyncStatus

STUCK = FleetError("A line is forged.")


@pytest.mark.parametrize(
    ("gauges", "works"),
    [
        (FleetGauges(SyncStatus(member=True, connected=True), 60.0, False), True),
        (FleetGauges(SyncStatus(member=True, connected=True, problem=STUCK), 60.0, False), False),
        (FleetGauges(SyncStatus(member=True, problem=STUCK), 60.0, False), True),  # it is away
        (FleetGauges(SyncStatus(member=True, connected=True), 0.0, True), False),
        (None, None),
    ],
)
def test_a_feed_that_is_stuck_or_a_lease_that_ran_out_is_unhealthy(gauges, works):
    parts = (MagicMock() for _ in range(6))
    report = RuntimeReport(*parts, fleet=lambda: gauges)
    assert report.health().get("fleet") is works
