"""A key sealed for one node opens there, as what it was sealed for, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.core.fleet import WrappedKey
from kiosk.fleet.trust.key_wrapping import key_digest, unwrap_key, wrap_key
from kiosk.storage.crypto.aead import SealBroken

FLEET, SUBJECT, NODE, KEY = "f" * 64, "1" * 32, "a" * 32, b"k" * 32
PRIVATE = X25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
PUBLIC = PRIVATE.public_key().public_bytes_raw()


def wrapped() -> WrappedKey:
    return wrap_key(FLEET, SUBJECT, 3, NODE, PUBLIC, KEY)


def test_a_key_comes_out_and_is_sealed_differently_each_time() -> None:
    assert unwrap_key(FLEET, wrapped(), PRIVATE) == KEY
    assert wrapped().sealed != wrapped().sealed


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "2" * 32},
        {"node": "b" * 32},
        {"generation": 2},
        {"sealed": b""},
        {"sealed": bytes(80)},
        {"sealed": bytes(1_000_000)},
    ],
)
def test_it_opens_as_nothing_else(change: dict[str, object]) -> None:
    with pytest.raises(SealBroken):
        unwrap_key(FLEET, replace(wrapped(), **change), PRIVATE)  # type: ignore[arg-type]


def test_it_opens_in_no_other_fleet_and_with_no_other_key() -> None:
    with pytest.raises(SealBroken):
        unwrap_key("e" * 64, wrapped(), PRIVATE)
    with pytest.raises(SealBroken):
        unwrap_key(FLEET, wrapped(), X25519PrivateKey.generate())


@pytest.mark.parametrize("public", [bytes(32), b"\1" + bytes(31), b"", bytes(31)])
def test_a_public_key_that_agrees_on_nothing_secret_is_refused(public: bytes) -> None:
    with pytest.raises(SealBroken):
        wrap_key(FLEET, SUBJECT, 3, NODE, public, KEY)


def test_the_digest_names_one_key_of_one_version() -> None:
    digests = {
        key_digest(fleet, subject, generation, key)
        for fleet in (FLEET, "e" * 64)
        for subject in (SUBJECT, "2" * 32)
        for generation in (1, 2)
        for key in (KEY, bytes(32))
    }
    assert len(digests) == 16
