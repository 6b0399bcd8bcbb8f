"""People who must be enrolled again, because their templates are of another network."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from kiosk.core.ports import Clock
from kiosk.core.rights import Actor, Right, require
from kiosk.core.view_models import ReEnrolment

RECENT = timedelta(hours=12)
"""People refused at the door in this time are listed first."""


class ReEnrolmentPort(Protocol):
    """Finds these people."""

    def progress(self, embedder_id: str, since: datetime) -> ReEnrolment: ...


class ReEnrolmentService:
    """Safe to call from any thread that may block."""

    def __init__(self, store: ReEnrolmentPort, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def waiting(self, actor: Actor, embedder_id: str) -> ReEnrolment:
        """Return who must be enrolled again for ``embedder_id``."""
        require(actor, Right.VIEW_PEOPLE)
        return self._store.progress(embedder_id, self._clock() - RECENT)
