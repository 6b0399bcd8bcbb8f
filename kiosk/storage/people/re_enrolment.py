"""People who must be enrolled again after the embedder changed, and their recent visits."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.decisions import Reason
from kiosk.core.people import Person
from kiosk.core.view_models import ReEnrolment
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import microseconds
from kiosk.storage.people.people_search import count_enrolled, count_without
from kiosk.storage.people.person_rows import PersonRows

SHOWN = 5
"""How many of the most recent visitors are listed."""


class ReEnrolmentStore:
    """Progress of a re-enrolment. Callable from any thread; changes nothing."""

    def __init__(self, database: Database, rows: PersonRows) -> None:
        self._database = database
        self._rows = rows

    def progress(self, embedder_id: str, since: datetime) -> ReEnrolment:
        """Return the progress for that embedder, with the people seen since ``since``."""
        return self._database.call(self._progress, embedder_id, microseconds(since))

    # below: in the database's thread

    def _progress(self, embedder_id: str, since_us: int) -> ReEnrolment:
        return ReEnrolment(
            count_without(self._rows, embedder_id),
            count_enrolled(self._rows, embedder_id),
            self._recent_visitors(embedder_id, since_us),
        )

    def _recent_visitors(
        self, embedder_id: str, since_us: int
    ) -> tuple[tuple[Person, datetime], ...]:
        visits = self._rows.query(
            "SELECT person_id, max(at_us), at FROM log"
            " WHERE at_us >= :since AND reason = :reason AND person_id IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM templates"
            " WHERE person_id = log.person_id AND embedder_id = :embedder)"
            " GROUP BY person_id ORDER BY max(at_us) DESC LIMIT :shown",
            {
                "since": since_us,
                "reason": Reason.ENROL_AGAIN.value,
                "embedder": embedder_id,
                "shown": SHOWN,
            },
        )
        return tuple(
            (self._rows.get(row["person_id"]), datetime.fromisoformat(row["at"])) for row in visits
        )
