"""The code that people compare on two screens before a node is admitted.

Both sides work it out from the fleet's id, the new node's id and both of its public keys. If the
centre shows the new node another fleet, or the admitting node other keys, the codes differ.

The centre could try keys until the code happens to be the same. The new node makes its keys after
it has been told the fleet's id, so the code is fixed before the centre can try anything, and the
centre needs a second preimage: 2**60 tries, each one Argon2id with 64 MiB. At a thousand tries a
second on a machine that is 36 million years. A table of 2**40 codes made beforehand (35 years of
that machine) hits one admission in a million. Therefore the code needs neither more characters nor
a further message in which both sides commit themselves.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from kiosk.core.fleet import JoinRequest
from kiosk.storage.crypto.aead import length_prefixed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

CHARACTERS = 12
_GROUP = 4
_SALT = b"munjigi fleet code 1"
_MEMORY_KIB = 64 * 1024
_PASSES = 3


def comparison_code(fleet: str, request: JoinRequest) -> str:
    """Return the code of 12 characters (60 bits) in groups of 4; takes about 0.2 s and 64 MiB."""
    named = length_prefixed(
        fleet, request.node, str(request.kind), request.signing, request.sealing
    )
    kdf = Argon2id(salt=_SALT, length=8, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    bits = int.from_bytes(kdf.derive(named), "big") >> (64 - 5 * CHARACTERS)
    shifts = range(5 * (CHARACTERS - 1), -1, -5)
    text = "".join(ALPHABET[bits >> shift & 31] for shift in shifts)
    return " ".join(text[begin : begin + _GROUP] for begin in range(0, CHARACTERS, _GROUP))
