"""The details of one decision of the door, or of one action of staff."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from kiosk.core.decisions import Decision, LogEntry
from kiosk.core.reports import Action
from kiosk.ui.formatting import DASH, distance_text, moment_text
from kiosk.ui.screens.log.detail_words import actor_text, detail_key, value_text
from kiosk.ui.screens.log.log_table import (
    event_key,
    name_text,
    outcome_badge,
    who_text,
)
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row


class EntryDetails(QWidget):
    """The outcome, its reason in words and as its key, and every figure."""

    def __init__(self) -> None:
        super().__init__()
        self.ring = TimeRing(56, name="logEntryRing")
        self.outcome = Label("", size=SIZES[2], bold=True, name="logEntryOutcome")
        self.who = Label("", wrap=True, name="logEntryWho")
        self.reason = Label("", bold=True, wrap=True, name="logEntryReason")
        self.explanation = Label("", size=SIZES[1], wrap=True, name="logEntryExplanation")
        self.margin = Label("", size=SIZES[0], quiet=True, wrap=True, name="logEntryMargin")
        self.facts = KeyValueList("logEntryFacts", name_width=150)
        head = row(self.ring, column(self.outcome, self.who, gap=0), gap=2)
        head.setStretch(1, 1)
        self.setLayout(
            column(head, 1, self.reason, self.explanation, self.margin, 1, self.facts, None, gap=1)
        )

    def show_entry(self, entry: LogEntry) -> None:
        """Show a row of the access log."""
        decision = entry.decision
        badge = outcome_badge(entry)
        self.ring.set_symbol(
            badge.icon, shape="circle" if decision.accepted else "square", ink=badge.tone
        )
        self.outcome.set_key(badge.key)
        self.outcome.set_tone(badge.tone)
        if decision.person_name:
            self.who.set_text(who_text(entry))
        else:
            self.who.set_key("log.unknown_person")
        self.reason.set_key(f"log.reason.{decision.reason.value}")
        self.explanation.set_key(f"log.explain.{decision.reason.value}")
        self._show_margin(decision)
        self.facts.show_facts(entry_facts(entry))

    def _show_margin(self, decision: Decision) -> None:
        self.margin.setVisible(decision.distance is not None)
        if decision.distance is not None:
            margin = decision.threshold - decision.distance
            self.margin.set_key(
                "log.panel.close_margin" if margin >= 0 else "log.panel.over_margin",
                margin=f"{abs(margin):.3f}",
            )


class ActionDetails(QWidget):
    """An action: when, who, and every recorded detail."""

    def __init__(self) -> None:
        super().__init__()
        self.what = Label("", size=SIZES[2], bold=True, wrap=True, name="logActionEvent")
        self.facts = KeyValueList("logActionFacts", name_width=150)
        self.setLayout(column(self.what, 1, self.facts, None, gap=1))

    def show_action(self, action: Action) -> None:
        """Show a row of the audit log."""
        self.what.set_key(event_key(action.event))
        self.facts.show_facts(action_facts(action))


def action_facts(action: Action) -> list[tuple[str, str]]:
    """Every field as (message key of its name or the name itself, value)."""
    rows = [
        ("log.field.id", str(action.id)),
        ("log.field.time", moment_text(action.at)),
        ("log.field.actor", actor_text(action.actor)),
    ]
    return rows + [
        (
            detail_key(name),
            value_text(value, name) or DASH,
        )
        for name, value in action.detail.items()
    ]


def entry_facts(entry: LogEntry) -> list[tuple[str, str]]:
    """Every field of the decision as (message key of its name, value)."""
    decision = entry.decision
    zone = decision.at.strftime("%z")
    time_text = decision.at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return [
        ("log.field.id", str(entry.id)),
        ("log.field.time", f"{time_text} {zone[:3]}:{zone[3:5]}" if zone else time_text),
        ("log.field.outcome", f"=log.outcome.{decision.outcome.value}"),
        ("log.field.person", name_text(decision) or DASH),
        ("log.field.number", decision.person_number or DASH),
        ("log.field.person_id", DASH if decision.person_id is None else str(decision.person_id)),
        (
            "log.field.mode",
            f"=log.mode.{decision.mode.name.lower()}",
        ),
        ("log.field.distance", distance_text(decision.distance)),
        ("log.field.runner_up", distance_text(decision.runner_up)),
        ("log.field.threshold", distance_text(decision.threshold)),
        ("log.field.frames", str(decision.frames)),
        ("log.field.votes", str(decision.votes)),
        ("log.field.quality", f"{decision.quality:.0%}"),
        ("log.field.liveness", DASH if decision.liveness is None else f"{decision.liveness:.0%}"),
        ("log.field.embedder", decision.embedder_id or DASH),
    ]
