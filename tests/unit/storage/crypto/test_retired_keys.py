"""Replaced master keys: only what this kiosk replaced, and nothing needs, is destroyed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_rotation import finish, rotate
from kiosk.storage.crypto.key_store import FileKeys, new_key, store_key
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, template


@pytest.fixture
def filled(store: Store) -> Iterator[Store]:
    store.people.add_with_templates(Person("2026-1", "이산"), [template(1)])
    yield store


def write(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(statement, values)


def held(path: Path) -> set[str]:
    """Return the ids of the master keys in the key folder."""
    names = paths.keys_dir(path.parent).glob("master-*.key")
    return {file.stem.removeprefix("master-") for file in names}


def present(store: Store) -> str:
    return store.database.call(lambda: store.vault.master(store.database.connection))[0]


def test_a_rotation_still_destroys_the_old_key(filled: Store, path: Path) -> None:
    filled.backups.make("x", MORNING)
    old, new, changed = rotate(filled)
    assert held(path) == {new} and old != new and changed == 1


def test_an_interrupted_rotation_is_finished(
    filled: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.backups.make("x", MORNING)

    def killed(*values: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Backups, "change_master", killed)
        with pytest.raises(KeyboardInterrupt):
            rotate(filled)
    assert len(held(path)) == 2
    assert finish(filled) == 1 and held(path) == {present(filled)}


@pytest.mark.parametrize("purpose", ["retired {}", "retired other"])
@pytest.mark.parametrize("code", [None, b"", bytes(32)])
def test_a_row_does_not_retire_the_key_in_use(
    filled: Store, path: Path, purpose: str, code: bytes | None
) -> None:
    name = present(filled)
    write(path, "INSERT INTO vault_keys VALUES (?, ?, 'now', ?)", purpose.format(name), name, code)
    assert finish(filled) == 0 and held(path) == {name}


def test_a_key_of_the_same_folder_is_not_retired_by_a_row(filled: Store, path: Path) -> None:
    other = store_key(FileKeys(paths.keys_dir(path.parent)), "master", new_key())
    write(
        path, "INSERT INTO vault_keys VALUES (?, ?, 'now', ?)", f"retired {other}", other, bytes(32)
    )
    finish(filled)
    assert other in held(path)


def test_a_genuine_row_put_back_does_not_retire_a_key_that_is_in_use(
    filled: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row of an unfinished rotation is genuine; a database of before it uses the key again."""
    first = present(filled)
    filled.close()
    before = path.read_bytes()
    with Store.open(path) as store:
        with monkeypatch.context() as patch:
            patch.setattr("kiosk.storage.crypto.key_rotation.finish", lambda store: 0)
            rotate(store)
        row = store.database.call(
            lambda: store.database.connection.execute(
                "SELECT * FROM vault_keys WHERE purpose LIKE 'retired %'"
            ).fetchone()
        )
    assert row[1] == first
    for left in path.parent.glob("munjigi.db-*"):
        left.unlink()
    path.write_bytes(before)
    write(path, "INSERT INTO vault_keys VALUES (?, ?, ?, ?)", *row)
    with Store.open(path) as store:
        finish(store)
        assert first in held(path) and len(store.people.templates("net")) == 1


def test_a_key_that_wraps_somebodys_key_is_not_destroyed(filled: Store, path: Path) -> None:
    with pytest.raises(StorageError, match="is needed"):
        filled.database.call(
            lambda: filled.vault.destroy_replaced_master(
                filled.database.connection, present(filled)
            )
        )
    assert len(held(path)) == 1


def test_without_anybody_nothing_shows_whose_the_old_key_is(store: Store, path: Path) -> None:
    old, new, _ = rotate(store)
    assert held(path) == {old, new}


def test_without_the_secret_nothing_is_destroyed(
    filled: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(purpose: str) -> bytes:
        raise StorageError("The secret is missing.", key="error.key_missing")

    with monkeypatch.context() as patch:
        patch.setattr("kiosk.storage.crypto.key_rotation.finish", lambda store: 0)
        rotate(filled)
    with monkeypatch.context() as patch:
        patch.setattr(filled.vault.secret, "subkey", missing)
        assert finish(filled) == 0 and len(held(path)) == 2
    finish(filled)
    assert held(path) == {present(filled)}
