"""PINs: which are refused, how they are hashed, and how long to wait after wrong ones.

A PIN has so few digits that a hash alone can be guessed from the file. So what is hashed
by Argon2id is not the PIN but its HMAC-SHA256 under a key from the key store, the pepper (NIST SP
800-63B-4, section 3.1.1.2).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.core.errors import StorageError
from kiosk.core.pin_patterns import easy_to_guess

SHORTEST = 6
"""Minimum number of digits."""

LONGEST = 12
"""Maximum number of digits."""

FREE_TRIES = 5
"""Number of wrong PINs in a row after which the first wait begins."""

FIRST_WAIT_S = 30
"""Seconds of the first wait; each further wrong PIN doubles it."""

LONGEST_WAIT_S = 3600
"""Maximum wait in seconds."""

_PEPPERED = "p1"
"""Before the hash of a peppered PIN; older hashes, of the PIN itself, begin with $."""

FORMER = "p0"
"""The same under the database's own pepper, where its fleet shares another one."""

# Argon2id with 19 MiB, t=2, p=1: OWASP Password Storage Cheat Sheet.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _decoy_hash() -> str:
    """Return a hash to compare with for an unknown account, so that the answer takes as long."""
    return _hasher.hash("no such account")


def check_pin(pin: str) -> None:
    """Raise ``StorageError`` unless ``pin`` has 6-12 digits and is not trivial to guess."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise StorageError(
            f"A PIN has {SHORTEST} to {LONGEST} digits; choose another.",
            key="accounts.error.pin_digits",
            least=SHORTEST,
            most=LONGEST,
        )
    if easy_to_guess(pin):
        raise StorageError(
            "This PIN is too easy to guess; choose one without a repeat, a run, a date or a"
            " pattern of the keypad.",
            key="accounts.error.pin_simple",
        )


class PinHasher:
    """Hashes and compares PINs. ``pepper`` returns the key, or raises ``StorageError``.

    ``former`` returns the key of hashes marked ``FORMER``. While ``awaited``, new hashes are so.
    """

    def __init__(
        self,
        pepper: Callable[[], bytes],
        former: Callable[[], bytes] | None = None,
        awaited: Callable[[], bool] = lambda: False,
    ) -> None:
        self._peppers = {_PEPPERED: pepper, FORMER: former or pepper}
        self._awaited = awaited

    def hash(self, pin: str) -> str:
        """Return a marker and an Argon2id hash with its own salt, in PHC string format."""
        marker = self._marker()
        return marker + _hasher.hash(self._peppered(marker, pin))

    def matches(self, pin_hash: str | None, pin: str) -> bool:
        """Return whether ``pin`` has that hash; without a hash, false after the same time."""
        pin = pin[: LONGEST + 1]
        marker = pin_hash[: len(_PEPPERED)] if pin_hash is not None else _PEPPERED
        if pin_hash is not None and marker not in self._peppers:
            return _verified(pin_hash, pin)
        stored = pin_hash.removeprefix(marker) if pin_hash is not None else _decoy_hash()
        return _verified(stored, self._peppered(marker, pin)) and pin_hash is not None

    def outdated(self, pin_hash: str) -> bool:
        """Return whether the hash was made with another pepper or other parameters than now."""
        marker = self._marker()
        return not pin_hash.startswith(marker) or _hasher.check_needs_rehash(
            pin_hash.removeprefix(marker)
        )

    def _marker(self) -> str:
        return FORMER if self._awaited() else _PEPPERED

    def _peppered(self, marker: str, pin: str) -> str:
        pepper = self._peppers[marker]()
        return hmac.new(pepper, pin.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _verified(stored: str, secret: str) -> bool:
    try:
        return _hasher.verify(stored, secret)
    except (VerificationError, InvalidHashError):  # a mismatch is a VerificationError
        return False


def wait_after(failures: int) -> int:
    """Return the seconds to wait after that many wrong PINs in a row.

    No wait for the first four, then 30 s, doubling up to an hour. NIST SP 800-63B-4, section 3.2.2
    (rate limiting).
    """
    if failures < FREE_TRIES:
        return 0
    return min(LONGEST_WAIT_S, FIRST_WAIT_S << min(failures - FREE_TRIES, 10))
