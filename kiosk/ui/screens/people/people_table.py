"""The columns of the people table, and the badge of a person's state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kiosk.core.people import Person
from kiosk.core.people_filter import PersonState, state_of
from kiosk.core.reports import Order
from kiosk.ui.formatting import valid_text
from kiosk.ui.i18n import tr
from kiosk.ui.widgets.table.paged_model import (
    PagedModel,
    TableColumn,
)
from kiosk.ui.widgets.table.status_badge import StatusBadge

_BADGES = {
    PersonState.DISABLED: ("pause", "quiet"),
    PersonState.EXPIRED: ("clock", "reject"),
    PersonState.NO_FACE: ("warning", "wait"),
    PersonState.NOT_YET: ("clock", "wait"),
    PersonState.NEEDS_PIN: ("lock", "wait"),
    PersonState.ACTIVE: ("check", "accept"),
}
"""Symbol and tone of each state."""


def person_badge(person: Person, now: datetime) -> StatusBadge:
    """Whether a person may enter at ``now``, the time on a clock beside the door."""
    state = state_of(person, now)
    icon, tone = _BADGES[state]
    return StatusBadge(icon, f"people.state.{state}", tone)


def people_model(
    now: Callable[[], datetime], mark: Callable[[Person], str] = lambda person: ""
) -> PagedModel:
    """A table of ``Person``; ``mark``: what stands before a number."""
    return PagedModel(
        (
            TableColumn(
                "people.column.number", lambda p: f"{mark(p)}{p.number}", 170, order="number"
            ),
            TableColumn("people.column.name", lambda p: p.name, order="name"),
            TableColumn(
                "people.column.role",
                lambda p: tr(f"people.role.{p.role.value}"),
                150,
                min_table_width=640,
                order="role",
            ),
            TableColumn(
                "people.column.valid",
                lambda p: valid_text(p.valid_from, p.valid_until, p.until_time),
                250,
                min_table_width=760,
                order="valid",
            ),
            TableColumn(
                "people.column.templates",
                lambda p: str(p.templates),
                124,
                right=True,
                min_table_width=900,
                order="templates",
            ),
            TableColumn(
                "people.column.state",
                lambda p: "",
                150,
                badge=lambda p: person_badge(p, now()),
                order="state",
            ),
        ),
        Order("name"),
    )
