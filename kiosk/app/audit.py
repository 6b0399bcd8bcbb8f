"""Where events of the door are recorded as long as the database keeps no audit trail."""

from __future__ import annotations

import logging
from collections.abc import Mapping

log = logging.getLogger(__name__)


class LoggedAudit:
    """An audit trail in the program's own log, which ``munjigi.log`` keeps."""

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        """Write one line."""
        log.info("audit: %s by %s %s", event, actor, dict(detail) or "")
