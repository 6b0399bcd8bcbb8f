"""Sealing, signing and keys: nothing opens after a change or with another key."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk.core.errors import StorageError
from kiosk.storage.crypto.aead import OVERHEAD, SealBroken, derive, length_prefixed, seal, unseal
from kiosk.storage.crypto.key_store import (
    FileKeys,
    KeyringKeys,
    fetch_key,
    key_id,
    new_key,
    store_key,
)
from kiosk.storage.crypto.signing import Signer, check, genuine, signed

KEYS = st.binary(min_size=32, max_size=32)
PARTS = st.lists(
    st.one_of(st.text(max_size=6), st.integers(0, 99), st.binary(max_size=6)), max_size=4
)


@given(KEYS, st.binary(max_size=200), st.binary(max_size=20))
def test_sealed_messages_open(key: bytes, plain: bytes, belongs: bytes) -> None:
    sealed = seal(key, plain, belongs)
    assert len(sealed) == len(plain) + OVERHEAD
    assert unseal(key, sealed, belongs) == plain
    assert seal(key, plain, belongs) != sealed, "the same nonce twice would give the key away"


@given(KEYS, st.binary(max_size=40), st.data())
def test_one_changed_bit_is_enough(key: bytes, plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(key, plain, b"who"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        unseal(key, bytes(sealed), b"who")


@given(KEYS, KEYS, st.binary(max_size=40), st.integers(0, 60))
def test_another_key_another_owner_or_a_part_does_not_open(
    key: bytes, other: bytes, plain: bytes, cut: int
) -> None:
    assume(key != other)
    sealed = seal(key, plain, length_prefixed("person", 1))
    for attempt in (
        (other, sealed, length_prefixed("person", 1)),
        (key, sealed, length_prefixed("person", 2)),
        (key, sealed[:-1], length_prefixed("person", 1)),
        (key, sealed[:cut], length_prefixed("person", 2)),
    ):
        with pytest.raises(SealBroken):
            unseal(*attempt)


@given(PARTS, PARTS)
def test_two_lists_of_parts_are_bound_differently(one: list, other: list) -> None:
    same = [(type(p), p) for p in one] == [(type(p), p) for p in other]
    assert (length_prefixed(*one) == length_prefixed(*other)) == same


def test_each_purpose_has_its_own_key() -> None:
    key = new_key()
    assert len({derive(key, "a"), derive(key, "b"), derive(key, "a", b"salt"), key}) == 4


@given(
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.text(max_size=5), st.integers(), st.none()), max_size=4
    ),
    st.text(max_size=5),
)
def test_a_signed_statement_survives_json_and_nothing_else(statement: dict, key: str) -> None:
    document = json.loads(json.dumps(signed(Signer(new_key()), "test", statement)))
    assert check(document, "test") == statement
    assert check(document, "another purpose") is None
    changed = {**document, "statement": {**statement, key: "changed"}}
    assert check(changed, "test") is None


@pytest.mark.parametrize("bad", [None, {}, [], {"statement": {}}, {"public_key": "zz"}, "text", 7])
def test_anything_but_a_signed_statement_is_refused(bad: object) -> None:
    assert check(bad, "test") is None


def test_a_statement_signed_by_another_key_under_this_ones_name_is_refused() -> None:
    ours = Signer(new_key())
    theirs = Signer(new_key())
    document = signed(theirs, "test", {"a": 1})
    assert check({**document, "fingerprint": ours.fingerprint}, "test") is None
    assert check({**document, "public_key": ours.public.hex()}, "test") is None
    assert not genuine(ours.public, "test", b"x", theirs.sign("test", b"x"))


@pytest.fixture
def store(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys")


def test_a_key_file_is_private_and_comes_back(store: FileKeys) -> None:
    key = new_key()
    name = store_key(store, "master", key)
    assert fetch_key(store, "master", name) == key
    [file] = store.folder.iterdir()
    assert (
        stat.S_IMODE(file.stat().st_mode) == 0o600
        and stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    )
    file.chmod(0o644)
    assert fetch_key(store, "master", name) == key and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_missing_wrong_and_unreadable_keys_have_different_errors(store: FileKeys) -> None:
    name = store_key(store, "master", new_key())
    path = store.folder / f"master-{name}.key"

    def error_message() -> str:
        with pytest.raises(StorageError) as caught:
            fetch_key(store, "master", name)
        assert str(store.folder) in str(caught.value) and str(caught.value).endswith(".")
        return caught.value.key

    for content in (new_key().hex(), "", "nonsense", new_key().hex()[:10]):
        path.write_text(content)
        assert error_message() == "error.key_wrong"
    path.unlink()
    assert error_message() == "error.key_missing"
    path.mkdir()
    assert error_message() == "error.key_unreadable"


def test_a_removed_key_leaves_nothing(store: FileKeys) -> None:
    name = store_key(store, "master", new_key())
    store.remove(f"master-{name}")
    store.remove(f"master-{name}")
    assert store.get(f"master-{name}") is None and list(store.folder.iterdir()) == []


def test_an_id_reveals_nothing_of_its_key() -> None:
    key = new_key()
    assert len(key_id(key)) == 16 and key_id(key) not in key.hex()


class Ring:
    """A fake of the package keyring; ``broken``: it is locked."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = False

    def get_password(self, service: str, name: str) -> str | None:
        if self.broken:
            raise RuntimeError("locked")
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self.get_password(service, name)
        self.kept[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


def test_the_systems_keyring_keeps_keys_too() -> None:
    ring = Ring()
    key = new_key()
    store = KeyringKeys(ring)
    name = store_key(store, "master", key)
    assert fetch_key(store, "master", name) == key and list(ring.kept) == [
        ("munjigi", f"master-{name}")
    ]
    ring.broken = True
    for attempt in (lambda: store.get("x"), lambda: store.put("x", key), lambda: store.remove("x")):
        with pytest.raises(StorageError, match="unlock it"):
            attempt()
    ring.broken = False
    store.remove(f"master-{name}")
    store.remove(f"master-{name}")
    with pytest.raises(StorageError, match="not in the system keyring"):
        fetch_key(store, "master", name)
