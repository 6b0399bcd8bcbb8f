"""Invented people, decisions and settings that the pictures show."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.errors import KioskError
from kiosk.core.people import Person
from kiosk.core.site_events import ChannelState
from kiosk.core.thresholds import Calibration
from kiosk.demo.synthetic_faces.cast import CAST

SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2026, 3, 2, 9, 41, tzinfo=SEOUL)
THRESHOLD = 0.8
FAR = 1.6


def decision(outcome: Outcome, reason: Reason, who: int | None, minutes: int = 0) -> Decision:
    """Return an invented decision."""
    actor = CAST[who] if who is not None else None
    return Decision(
        NOW - timedelta(minutes=minutes),
        outcome,
        reason,
        Mode.IDENTIFY,
        THRESHOLD,
        "siamese",
        person_id=who,
        person_name=actor.name if actor else "",
        person_number=actor.number if actor else "",
        distance=0.42 + 0.03 * (minutes % 7) + (0.6 if actor is None else 0),
        runner_up=1.17,
        frames=6,
        votes=5,
        quality=0.97,
    )


def people() -> tuple[Person, ...]:
    """Return the cast as enrolled people."""
    return tuple(
        Person(
            a.number,
            a.name,
            templates=5,
            id=i,
            valid_until=NOW.date() + timedelta(days=20000),
            consented_at=NOW,
            created_at=NOW,
        )
        for i, a in enumerate(CAST)
    )


CHANNEL_STATES = (
    ChannelState("webhook", True, sent=17, last_sent=NOW - timedelta(minutes=9)),
    ChannelState(
        "email",
        True,
        waiting=3,
        sent=41,
        last_sent=NOW - timedelta(hours=2),
        last_error=KioskError("", key="error.delivery_unreachable", host="mail.lab"),
        last_error_at=NOW - timedelta(minutes=1),
    ),
    ChannelState("messenger"),
    ChannelState("mqtt", True, sent=230, last_sent=NOW - timedelta(minutes=1)),
)
"""Three channels in use, one of which cannot send."""


DERIVED = Calibration(
    0.177,
    1e-4,
    Mode.IDENTIFY,
    3,
    15,
    3.3e-5,
    2.1e-5,
    1e-6,
    9.7e-5,
    7.3e-3,
    1225,
    False,
    "reference",
)
"""The kiosk's statement about its threshold with three people enrolled."""
