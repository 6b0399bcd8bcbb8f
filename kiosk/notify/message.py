"""What a channel sends, what it is, and why it could not send."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from kiosk.core.errors import KioskError
from kiosk.core.site_events import NAMED, SiteEvent

Words = Callable[..., str]
"""Returns the message of a key with values filled in, in the language of the receivers."""

SecretOf = Callable[[str], str]
"""Returns the secret of a channel from the key store; empty if there is none."""


class DeliveryError(KioskError):
    """A message was not taken.

    ``retry_after``: seconds that the receiver asked to wait. ``refused``: the receiver does not
    want this very message, so sending it again will hardly help.
    """

    key = "error.delivery"

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        retry_after: float = 0.0,
        refused: bool = False,
        **values: object,
    ) -> None:
        super().__init__(message, key=key, **values)
        self.retry_after = retry_after
        self.refused = refused


class NotifySettingError(KioskError):
    """A channel's settings cannot be used; the other channels and the door go on."""

    key = "error.notify_setting"


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way. ``more``: further events of the kind. ``site``: what the site calls
    itself. ``sequence``: grows with every message of this kiosk.
    """

    event: SiteEvent
    site: str = ""
    more: int = 0
    sequence: int = 0

    def document(self) -> dict[str, Any]:
        """Return the message as what JSON can hold, for machines."""
        return {
            "id": self.event.id,
            "type": self.event.kind.value,
            "timestamp": self.event.at.isoformat(timespec="seconds"),
            "site": self.site,
            "sequence": self.sequence,
            "more": self.more,
            "data": dict(self.event.values),
        }

    def body(self) -> bytes:
        """Return the document as JSON."""
        return json.dumps(self.document(), ensure_ascii=False, separators=(",", ":")).encode()

    def text(self, words: Words) -> str:
        """Return the message for people: one line, with who it is about and how many more."""
        parts = [words(f"notify.event.{self.event.kind.value}", **self.event.values)]
        parts += [str(self.event.values[name]) for name in NAMED if self.event.values.get(name)]
        if self.more:
            parts.append(words("notify.more", n=self.more))
        return " ".join(parts)

    def title(self, words: Words) -> str:
        """Return a subject for people: the site and what kind of event it is."""
        return f"[{self.site or 'Munjigi'}] {words(f'notify.kind.{self.event.kind.value}')}"


class Channel(Protocol):
    """One way out. ``send`` returns once the receiver has the message, within a bounded time.

    It raises ``DeliveryError``. ``close`` ends connections.
    """

    def send(self, message: Message) -> None: ...
    def close(self) -> None: ...
