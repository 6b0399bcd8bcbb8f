"""Who must be enrolled again after the embedder changed, and who of them stood before the door lately."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.decisions import Reason
from kiosk.core.people import Person
from kiosk.core.view_models import ReEnrolment
from kiosk.storage.db.timestamps import microseconds
from kiosk.storage.people.people_store import PeopleStore

SHOWN = 5


class ReEnrolmentStore(PeopleStore):
    """The people of one database; safe from any thread. Nothing is changed here: only an enrolment makes templates."""

    def campaign(self, embedder_id: str, since: datetime) -> ReEnrolment:
        """How far it is for that network; who came is looked for from ``since`` on."""
        return self._database.call(self._campaign, embedder_id, microseconds(since))

    # below: in the database's thread

    def _campaign(self, embedder_id: str, since: int) -> ReEnrolment:
        return ReEnrolment(
            self._without(embedder_id),
            self._enrolled(embedder_id),
            self._waiting(embedder_id, since),
        )

    def _waiting(self, embedder_id: str, since: int) -> tuple[tuple[Person, datetime], ...]:
        came = self._rows(
            "SELECT person_id, max(at_us), at FROM log WHERE at_us >= :since AND reason = :reason AND person_id IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM templates WHERE person_id = log.person_id AND embedder_id = :embedder)"
            " GROUP BY person_id ORDER BY max(at_us) DESC LIMIT :shown",
            {
                "since": since,
                "reason": Reason.ENROL_AGAIN.value,
                "embedder": embedder_id,
                "shown": SHOWN,
            },
        )
        return tuple(
            (self._known(row["person_id"]), datetime.fromisoformat(row["at"])) for row in came
        )
