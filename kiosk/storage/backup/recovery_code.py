"""The recovery code: printed once, it opens every backup if the master key is lost.

26 characters of Crockford's base 32 (without I, L, O and U), 130 random bits, in groups of five so
that it can be read aloud.
"""

from __future__ import annotations

import secrets
import unicodedata

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import derive

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""

LENGTH = 26
"""Number of characters of a code, without the hyphens."""

GROUP = 5
"""Number of characters between hyphens."""

_MISREAD = str.maketrans("OIL", "011")


def new_code() -> str:
    """Return a new random code."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(text[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def key_of(code: str) -> bytes:
    """Return the 32-byte key of a code; raise ``StorageError`` if it is not a code.

    Case, width, spaces and hyphens do not matter; O, I and L are read as 0, 1 and 1.
    """
    text = unicodedata.normalize("NFKC", code).upper().replace("-", " ")
    text = "".join(text.split()).translate(_MISREAD)
    if len(text) != LENGTH or not set(text) <= set(ALPHABET):
        raise StorageError(
            f"A recovery code has {LENGTH} letters and digits; type it again.",
            key="error.recovery_refused",
        )
    return derive(text.encode("ascii"), "recovery code")
