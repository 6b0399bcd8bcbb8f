"""What is told to a door controller over the network: a command with its own number, an end, and a signature."""

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
    """``do``: open, close or check. ``expires``: Unix time after which the controller must not obey any more."""

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
        """A command with a number that was never used, which lives for ``lives_s`` seconds."""
        return cls(secrets.token_hex(16), do, round(seconds, 3), reason, round(wall() + lives_s, 3))

    def body(self) -> bytes:
        """JSON, the same bytes each time."""
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
    """HMAC-SHA-256 (RFC 2104) of ``body`` in hexadecimal."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def genuine(secret: bytes, body: bytes, given: str) -> bool:
    """Whether ``given`` is the signature of ``body``, found in a time that says nothing of it."""
    return hmac.compare_digest(signature(secret, body).encode(), given.encode())
