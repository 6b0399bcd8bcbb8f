"""PINs: which are refused, how they are hashed, and how long to wait after wrong ones."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.core.errors import StorageError

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
    if trivial(pin):
        raise StorageError(
            "This PIN is too easy to guess; choose one that is not a run or all the same digit.",
            key="accounts.error.pin_simple",
        )


def trivial(pin: str) -> bool:
    """Return whether the digits are all equal or a run such as 123456, 987654 or 890123."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}


def hash_pin(pin: str) -> str:
    """Return an Argon2id hash with its own salt, in PHC string format."""
    return _hasher.hash(pin)


def matches(pin_hash: str | None, pin: str) -> bool:
    """Return whether ``pin`` has that hash; without a hash, false after the same time."""
    try:
        return (
            _hasher.verify(pin_hash or _decoy_hash(), pin[: LONGEST + 1]) and pin_hash is not None
        )
    except (VerificationError, InvalidHashError):  # a mismatch is a VerificationError
        return False


def outdated(pin_hash: str) -> bool:
    """Return whether the hash was made with other parameters than the current ones."""
    return _hasher.check_needs_rehash(pin_hash)


def wait_after(failures: int) -> int:
    """Return the seconds to wait after that many wrong PINs in a row.

    No wait for the first four, then 30 s, doubling up to an hour. NIST SP 800-63B-4, section 3.2.2
    (rate limiting).
    """
    if failures < FREE_TRIES:
        return 0
    return min(LONGEST_WAIT_S, FIRST_WAIT_S << min(failures - FREE_TRIES, 10))
