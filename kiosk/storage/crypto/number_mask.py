"""Keyed hashes of typed numbers that belong to nobody: perhaps a PIN, or the code of a card.

HMAC-SHA256 (RFC 2104) under a subkey of the database's secret: somebody who has the database alone
cannot try all numbers.
"""

from __future__ import annotations

import hmac
import logging
import unicodedata
from collections.abc import Callable

from kiosk.core.errors import StorageError
from kiosk.core.masking import HASHED
from kiosk.storage.crypto.database_secret import NUMBER_MASK

LONGEST = 40
"""Letters and digits of a number that count."""

log = logging.getLogger(__name__)


class NumberMask:
    """Hashes typed numbers. ``subkey``: returns the key for a purpose, or raises ``StorageError``.

    Numbers that differ in hyphens, case or width only have the same hash. Callable from any thread.
    """

    def __init__(self, subkey: Callable[[str], bytes]) -> None:
        self._subkey = subkey

    def hashed(self, number: str) -> str:
        """Return ``HASHED`` and 32 hexadecimal digits; raise ``StorageError`` without the key."""
        plain = unicodedata.normalize("NFKC", number).upper()
        counted = "".join(filter(str.isalnum, plain))[:LONGEST]
        digest = hmac.new(self._subkey(NUMBER_MASK), counted.encode(), "sha256")
        return HASHED + digest.hexdigest()[:32]

    def stored(self, number: str) -> str:
        """Return what the log keeps of a number: a row is never refused, nor ever in clear."""
        try:
            return self.hashed(number)
        except StorageError as error:
            log.error("a typed number is not kept, not even as a hash: %s", error)
            return HASHED

    def word(self, word: str) -> str | None:
        """Return the hash of a searched word, ``None`` if it cannot be made."""
        try:
            return self.hashed(word).casefold()
        except StorageError:
            return None
