"""The columns of the access log and of the audit log, and the words of their cells."""

from __future__ import annotations

from kiosk.core.decisions import Decision, LogEntry, Mode, Outcome
from kiosk.core.reports import Action, Order
from kiosk.ui.formatting import distance_text, moment_text
from kiosk.ui.i18n import find_message, tr
from kiosk.ui.screens.log.detail_words import actor_text, detail_key, detail_name, value_text
from kiosk.ui.widgets.table.paged_model import (
    PagedModel,
    TableColumn,
)
from kiosk.ui.widgets.table.status_badge import StatusBadge


def outcome_badge(entry: LogEntry) -> StatusBadge:
    """The outcome of a decision."""
    if entry.decision.outcome is Outcome.ACCEPT:
        return StatusBadge("check", "log.outcome.ACCEPT", "accept")
    if entry.decision.outcome is Outcome.UNFINISHED:
        return StatusBadge("minus", "log.outcome.UNFINISHED", "quiet")
    return StatusBadge("cross", "log.outcome.REJECT", "reject")


def log_model() -> PagedModel:
    """A table of ``LogEntry``."""
    return PagedModel(
        (
            TableColumn(
                "log.column.time",
                lambda e: moment_text(e.decision.at),
                200,
                order="time",
                descending_first=True,
            ),
            TableColumn("log.column.person", who_text, order="person"),
            TableColumn(
                "log.column.outcome", lambda e: "", 136, badge=outcome_badge, order="outcome"
            ),
            TableColumn(
                "log.column.reason",
                lambda e: tr(f"log.reason.{e.decision.reason.value}"),
                270,
                min_table_width=700,
                order="reason",
            ),
            TableColumn(
                "log.column.distance",
                lambda e: distance_text(e.decision.distance),
                116,
                right=True,
                min_table_width=860,
                order="distance",
            ),
            TableColumn(
                "log.column.mode",
                mode_text,
                92,
                min_table_width=900,
                order="mode",
            ),
        ),
        Order("time", descending=True),
    )


def actions_model() -> PagedModel:
    """A table of ``Action``."""
    return PagedModel(
        (
            TableColumn("log.column.time", lambda a: moment_text(a.at), 200),
            TableColumn("log.column.event", lambda a: event_text(a.event)),
            TableColumn("log.column.actor", lambda a: actor_text(a.actor), 180),
            TableColumn("log.column.detail", detail_text, 320, min_table_width=760),
        )
    )


def event_key(event: str) -> str:
    """The message key of an event; an event without a message is its own key."""
    return next(
        (key for key in (f"log.event.{event}", f"door_page.event.{event}") if find_message(key)),
        event,
    )


def event_text(event: str) -> str:
    """An event in words."""
    return find_message(event_key(event)) or event


def detail_text(action: Action) -> str:
    """The details in one line; numbers and unknown details with their name."""
    parts = []
    for name, value in action.detail.items():
        if value not in (None, "", []):
            text = value_text(value, name)
            known = detail_key(name) != name
            plain = known and isinstance(value, str | list)
            parts.append(text if plain else f"{detail_name(name)} {text}")
    return " · ".join(parts)


def mode_text(entry: LogEntry) -> str:
    """How an identity was claimed, short enough for a column."""
    mode = entry.decision.mode
    return tr("log.mode_short.by_hand") if mode is Mode.BY_HAND else mode.value


def who_text(entry: LogEntry) -> str:
    """The person of a row; a person rejected as unknown has no name."""
    return name_text(entry.decision) or tr("log.unknown_person")


def name_text(decision: Decision) -> str:
    """The name in a decision: of the person, or of who opened the door by hand."""
    name = decision.person_name or ""
    return actor_text(name) if decision.mode is Mode.BY_HAND else name
