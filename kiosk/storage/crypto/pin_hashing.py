"""PINs: which are refused, how they are hashed, and how long wrong ones make an account wait."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.core.errors import StorageError

SHORTEST = 6
LONGEST = 12
FREE_TRIES = 5
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 3600

# Argon2id with 19 MiB, t=2, p=1: OWASP Password Storage Cheat Sheet.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    """Compared with where there is no such account, so that the answer takes as long."""
    return _hasher.hash("no such account")


def check_pin(pin: str) -> None:
    """Raise ``StorageError`` unless ``pin`` has 6-12 digits that are neither all equal nor a run such as 123456."""
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
    """Whether every digit follows the one before by the same step of -1, 0 or 1 (9 and 0 are neighbours)."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}


def hash_pin(pin: str) -> str:
    """An Argon2id hash with its own salt, in PHC text form."""
    return _hasher.hash(pin)


def matches(pin_hash: str | None, pin: str) -> bool:
    """Whether ``pin`` made ``pin_hash``; takes as long, and is false, where there is no hash."""
    try:
        return _hasher.verify(pin_hash or _nobody(), pin[: LONGEST + 1]) and pin_hash is not None
    except (VerificationError, InvalidHashError):  # a mismatch is a VerificationError
        return False


def outdated(pin_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(pin_hash)


def wait_after(failures: int) -> int:
    """Seconds to wait after that many wrong PINs in a row: none, then 30 s from the fifth, doubling to an hour.

    NIST SP 800-63B-4 section 3.2.2 (rate limiting).
    """
    if failures < FREE_TRIES:
        return 0
    return min(LONGEST_WAIT_S, FIRST_WAIT_S << min(failures - FREE_TRIES, 10))
