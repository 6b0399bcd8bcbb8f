"""The columns of the people table, and the badge of a person's state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kiosk.core.people import CredentialMode, Person
from kiosk.core.reports import Order
from kiosk.ui.formatting import valid_text
from kiosk.ui.i18n import tr
from kiosk.ui.widgets.table.paged_model import (
    PagedModel,
    TableColumn,
)
from kiosk.ui.widgets.table.status_badge import StatusBadge


def person_badge(person: Person, today: date) -> StatusBadge:
    """Whether a person may enter on ``today``; the most serious state wins."""
    if not person.enabled:
        return StatusBadge("pause", "people.state.disabled", "quiet")
    if person.valid_until and person.valid_until < today:
        return StatusBadge("clock", "people.state.expired", "reject")
    if person.templates == 0 and person.entry is CredentialMode.FACE:
        return StatusBadge("warning", "people.state.no_face", "wait")
    if person.valid_from and person.valid_from > today:
        return StatusBadge("clock", "people.state.not_yet", "wait")
    if (person.look_alike or person.entry is not CredentialMode.FACE) and not person.has_pin:
        return StatusBadge("lock", "people.state.needs_pin", "wait")
    return StatusBadge("check", "people.state.active", "accept")


def people_model(today: Callable[[], date]) -> PagedModel:
    """A table of ``Person``."""
    return PagedModel(
        (
            TableColumn("people.column.number", lambda p: p.number, 140, order="number"),
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
                lambda p: valid_text(p.valid_from, p.valid_until),
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
                badge=lambda p: person_badge(p, today()),
                order="state",
            ),
        ),
        Order("name"),
    )
