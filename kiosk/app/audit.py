"""Who changed what, into the program's own log, until there is a trail of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping

log = logging.getLogger(__name__)


class LogAudit:
    """An ``AuditPort`` that writes one line."""

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """``event`` by ``actor``, with what changed."""
        log.info("%s by %s: %s", event, actor, ", ".join(f"{name}={value}" for name, value in detail.items()))
