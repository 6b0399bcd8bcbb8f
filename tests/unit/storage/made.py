"""Decisions, people and templates made up for the tests of storage."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np

from kiosk.types import Decision, Mode, Outcome, Reason, Template

SEOUL = timezone(timedelta(hours=9))
MORNING = datetime(2026, 3, 2, 9, 41, 7, 250_000, tzinfo=SEOUL)


def decision(at: datetime = MORNING, outcome: Outcome = Outcome.ACCEPT, **changes: object) -> Decision:
    """A decision like the door's."""
    fields: dict[str, object] = {
        "at": at, "outcome": outcome, "reason": Reason.MATCH if outcome is Outcome.ACCEPT else Reason.UNKNOWN,
        "mode": Mode.IDENTIFY, "threshold": 0.8, "embedder_id": "net", "person_name": "홍길동", "person_number": "2026-0001",
        "distance": 0.42, "runner_up": 0.97, "frames": 6, "votes": 4, "quality": 0.9,
    }
    return Decision(**(fields | changes))  # type: ignore[arg-type]


def template(seed: int = 0, dimension: int = 8, embedder_id: str = "net", pose: str = "front") -> Template:
    """A template of nobody yet."""
    vector = np.random.default_rng(seed).normal(size=dimension).astype(np.float32)
    return Template(0, embedder_id, vector, pose, 0.5)
