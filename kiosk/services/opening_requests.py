"""Asking a running kiosk, from a command, to open the door once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kiosk.core.ports import Clock
from kiosk.core.rights import Actor, Right, require
from kiosk.services.door_override import DoorSettingsPort
from kiosk.services.single_opening import OpeningReason

REQUEST = "door.open_once"
"""Key of the request in the settings of the database, whose rows only the kiosk's key can make."""

ANSWER = "door.open_once_answer"
"""Key of the kiosk's answer to the last request."""

HOLDS = timedelta(seconds=10)
"""A request that is older opens nothing: the command gave up, or a backup brought it back."""


@dataclass(frozen=True, slots=True)
class OpeningRequest:
    """Who asks to open the door, and why. ``id``: what the answer names."""

    id: str
    by: str
    reason: OpeningReason
    words: str


class OpeningRequests:
    """A request is one setting, its answer another; both are for threads that may block."""

    def __init__(self, settings: DoorSettingsPort, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def ask(self, actor: Actor, reason: OpeningReason, words: str = "") -> str:
        """Store a request and return its id; raises ``SignInError`` without the right."""
        require(actor, Right.OPEN_DOOR)
        request_id = secrets.token_hex(8)
        self._settings.set(
            REQUEST,
            {
                "id": request_id,
                "at": self._clock().isoformat(),
                "by": actor.name,
                "reason": reason.value,
                "words": words,
            },
        )
        return request_id

    def take(self) -> OpeningRequest | None:
        """Return the request and forget it; ``None`` without one, or if it is too old."""
        found = self._settings.get(REQUEST)
        if found is None:
            return None
        self._settings.delete(REQUEST)
        return self._valid(found)

    def answer(self, request: OpeningRequest, said: str) -> None:
        """Tell the command: an empty text once the door is open, else why it is not."""
        self._settings.set(ANSWER, {"id": request.id, "said": said})

    def answered(self, request_id: str) -> str | None:
        """Return what the kiosk said to a request; ``None`` while it has said nothing."""
        found = self._settings.get(ANSWER)
        if not isinstance(found, dict) or found.get("id") != request_id:
            return None
        self._settings.delete(ANSWER)
        return str(found.get("said", ""))

    def take_back(self) -> None:
        """Forget the request: nobody waits for it any more."""
        self._settings.delete(REQUEST)

    def _valid(self, found: Any) -> OpeningRequest | None:
        try:
            age = self._clock() - datetime.fromisoformat(found["at"])
            request = OpeningRequest(
                str(found["id"]),
                str(found["by"]),
                OpeningReason(found["reason"]),
                str(found["words"]),
            )
        except (KeyError, TypeError, ValueError):  # of another version
            return None
        return request if timedelta() <= age <= HOLDS else None
