"""What all nodes of a fleet share: the keys of its logs, and what PINs and cards are hashed under.

The secrets are wrapped for each node like a person's key, under the subject "". They count only if
their digest is the newest mark in a node's signed document: the founder's, or a later revocation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.fleet.trust.body_fields import BodyFields
from kiosk.fleet.trust.key_wrapping import key_digest
from kiosk.fleet.trust.node_documents import SecretsMark
from kiosk.storage.crypto.key_store import new_key
from kiosk.storage.crypto.signing import canonical

SUBJECT = ""
"""The subject of the secrets among the wrapped keys."""

_MOST_GENERATIONS = 1000
_MOST_SHARED = 20


@dataclass(frozen=True, slots=True)
class FleetSecrets:
    """``logs``: the log keys of all generations, the newest last. ``shared``: others, by name."""

    logs: tuple[bytes, ...]
    shared: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def create(cls, shared: Mapping[str, bytes]) -> FleetSecrets:
        """Return the secrets of a new fleet, which shares ``shared``."""
        return cls((new_key(),), shared)

    @property
    def generation(self) -> int:
        """How often the log key was made, 1 at first."""
        return len(self.logs)

    def next(self) -> FleetSecrets:
        """Return the secrets with a new log key; what nodes have hashed under ``shared`` stays."""
        return FleetSecrets((*self.logs, new_key()), self.shared)

    def encoded(self) -> bytes:
        """Return them as bytes, to be wrapped."""
        return canonical(
            {
                "v": 1,
                "logs": [key.hex() for key in self.logs],
                "shared": {name: secret.hex() for name, secret in self.shared.items()},
            }
        )

    def mark(self) -> SecretsMark:
        """Return what a node's document says of them."""
        return SecretsMark(self.generation, _digest(self.generation, self.encoded()))

    @classmethod
    def parse(cls, encoded: bytes, mark: SecretsMark) -> FleetSecrets:
        """Return the secrets that ``mark`` names; raise ``BodyRefused`` for any others."""
        fields = BodyFields.parse("the fleet's secrets", encoded)
        if _digest(mark.generation, encoded) != mark.digest:
            raise fields.refused("they are not the ones that were signed")
        fields.version()
        logs = [_key(fields, value) for value in fields.entries("logs", _MOST_GENERATIONS)]
        shared = fields.nested("shared").rest()
        fields.end()
        if len(logs) != mark.generation or len(shared) > _MOST_SHARED:
            raise fields.refused("their number is wrong")
        return cls(tuple(logs), {name: _key(fields, value) for name, value in shared.items()})


def _digest(generation: int, encoded: bytes) -> bytes:
    return key_digest("", SUBJECT, generation, encoded)  # no fleet: its id contains this digest


def _key(fields: BodyFields, value: object) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError:
        raise fields.refused("a key is not hexadecimal") from None
