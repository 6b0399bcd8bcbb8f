"""Serves ``/healthz`` and ``/metrics`` if a port is configured."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kiosk.app.runtime_report import RuntimeReport
from kiosk.core.errors import ConfigError

if TYPE_CHECKING:
    from kiosk.app.health import HealthServer

log = logging.getLogger(__name__)


class HealthEndpoint:
    """The door works without it: a port that is taken is only logged."""

    def __init__(self, report: RuntimeReport) -> None:
        self._report = report
        self.server: HealthServer | None = None

    def start(self, port: int) -> None:
        """Serve on ``port``; 0 is off."""
        if not port:
            return
        from kiosk.app.health import Health, HealthServer  # imports the HTTP server

        report = self._report
        try:
            self.server = HealthServer(port, lambda: Health(report.health()), report.metrics_text)
        except ConfigError as error:
            log.error("health and metrics are not served: %s", error)

    def stop(self) -> None:
        """Close the port."""
        if self.server is not None:
            self.server.stop()
