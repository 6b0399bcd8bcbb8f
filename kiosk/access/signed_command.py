"""Commands to a door controller over the network, with an id, an expiry and a signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoorCommand:
    """A command to a door controller.

    ``do``: open, close, check or help. ``expires``: Unix time after which the controller must
    refuse it.
    """

    id: str
    do: str
    seconds: float
    reason: str
    expires: float

    @classmethod
    def new(
        cls,
        do: str,
        seconds: float,
        reason: str,
        lives_s: float,
        wall: Callable[[], float] = time.time,
    ) -> DoorCommand:
        """Return a command with a new random id that expires in ``lives_s`` seconds."""
        return cls(secrets.token_hex(16), do, round(seconds, 3), reason, round(wall() + lives_s, 3))

    def body(self) -> bytes:
        """Return the command as JSON, always the same bytes."""
        fields = {
            "v": 1,
            "id": self.id,
            "do": self.do,
            "seconds": self.seconds,
            "reason": self.reason,
            "expires": self.expires,
        }
        return json.dumps(fields, separators=(",", ":")).encode()


def signature(secret: bytes, body: bytes) -> str:
    """Return HMAC-SHA-256 (RFC 2104) of ``body`` in hexadecimal."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def genuine(secret: bytes, body: bytes, given: str) -> bool:
    """Return whether ``given`` is the signature of ``body``, compared in constant time."""
    return hmac.compare_digest(signature(secret, body).encode(), given.encode())
