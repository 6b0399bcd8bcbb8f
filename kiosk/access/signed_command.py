"""Commands to a door controller over the network, with an id, an expiry and a signature.

Signed is not only what is said but what it is and to whom it goes, so that doors that share a
secret cannot be crossed, and no message passes for one of another kind.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    """What a signed message is."""

    COMMAND = "command"
    ANSWER = "answer"
    INPUTS = "inputs"


@dataclass(frozen=True, slots=True)
class DoorCommand:
    """A command to a door controller.

    ``start``: random text of this start of the kiosk, which the controller repeats in what it says
    of its inputs. ``do``: open, close, check or help. ``expires``: Unix time after which the
    controller must refuse it.
    """

    id: str
    start: str
    do: str
    seconds: float
    reason: str
    expires: float

    @classmethod
    def new(
        cls,
        start: str,
        do: str,
        seconds: float,
        reason: str,
        lives_s: float,
        wall: Callable[[], float] = time.time,
    ) -> DoorCommand:
        """Return a command with a new random id that expires in ``lives_s`` seconds."""
        expires = round(wall() + lives_s, 3)
        return cls(new_id(), start, do, round(seconds, 3), reason, expires)

    def body(self) -> bytes:
        """Return the command as JSON, always the same bytes."""
        fields = {
            "v": 2,
            "id": self.id,
            "start": self.start,
            "do": self.do,
            "seconds": self.seconds,
            "reason": self.reason,
            "expires": self.expires,
        }
        return json.dumps(fields, separators=(",", ":")).encode()


def new_id() -> str:
    """Return a random text that nobody can guess."""
    return secrets.token_hex(16)


def signed_text(kind: MessageKind, address: str, body: bytes) -> bytes:
    """Return the bytes that are signed.

    ``address``: the whole topic over MQTT, the text of ``http.url`` over HTTP; one line.
    """
    return f"munjigi 2 {kind.value}\n{address}\n".encode() + body


def signature(secret: bytes, kind: MessageKind, address: str, body: bytes) -> str:
    """Return HMAC-SHA-256 (RFC 2104) of ``signed_text`` in hexadecimal."""
    return hmac.new(secret, signed_text(kind, address, body), hashlib.sha256).hexdigest()


def genuine(secret: bytes, kind: MessageKind, address: str, body: bytes, given: str) -> bool:
    """Return whether ``given`` is the signature, compared in constant time."""
    return hmac.compare_digest(signature(secret, kind, address, body).encode(), given.encode())
