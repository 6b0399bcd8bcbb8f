"""The recovery code: printed once, it opens every backup where the master key is lost.

26 characters of Crockford's base 32 (no I, L, O, U), 130 random bits, in groups to be read aloud.
"""

from __future__ import annotations

import secrets
import unicodedata

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import derive

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
GROUP = 5
_MISREAD = str.maketrans("OIL", "011")


def new_code() -> str:
    """A fresh code, in groups of five."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(text[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def key_of(code: str) -> bytes:
    """The key that a code stands for, however it was typed; ``StorageError`` for what is no code."""
    text = "".join(unicodedata.normalize("NFKC", code).upper().replace("-", " ").split()).translate(
        _MISREAD
    )
    if len(text) != LENGTH or not set(text) <= set(ALPHABET):
        raise StorageError(
            f"A recovery code has {LENGTH} letters and digits; type it again.",
            key="error.recovery_refused",
        )
    return derive(text.encode("ascii"), "recovery code")
