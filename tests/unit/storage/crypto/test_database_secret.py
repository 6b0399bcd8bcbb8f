"""The database's secret: created once, never replaced silently, carried by backups."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.recovery_code import key_of, new_code
from kiosk.storage.crypto.database_secret import NUMBER_MASK, PIN_PEPPER, ROW_SEALS
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING


def masks(path: Path) -> bytes:
    with Store.open(path) as opened:
        return opened.vault.secret.subkey(NUMBER_MASK)


def key_file(path: Path) -> Path:
    [file] = paths.keys_dir(path.parent).glob("seal-*.key")
    return file


def in_database(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(statement)


def test_each_purpose_has_its_own_key_which_stays(path: Path) -> None:
    with Store.open(path) as opened:
        keys = [opened.vault.secret.subkey(name) for name in (ROW_SEALS, PIN_PEPPER, NUMBER_MASK)]
    assert len(set(keys)) == 3 and {len(key) for key in keys} == {32}
    assert masks(path) == keys[2]
    assert key_file(path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM vault_keys WHERE purpose = 'seal'",
        "UPDATE vault_keys SET key_id = '0123456789abcdef' WHERE purpose = 'seal'",
    ],
)
def test_who_writes_the_database_cannot_choose_another(path: Path, statement: str) -> None:
    before = masks(path)
    in_database(path, statement)
    assert masks(path) == before
    assert key_file(path).exists(), "no second one was created"


def test_a_key_of_another_database_in_the_same_store_is_not_accepted(
    path: Path, tmp_path: Path
) -> None:
    keys = FileKeys(tmp_path / "keys")
    with Store.open(path, keys=keys) as opened:
        before = opened.vault.secret.subkey(ROW_SEALS)
    with Store.open(tmp_path / "other" / "munjigi.db", keys=keys) as other:
        [(name,)] = other.database.call(
            lambda: other.database.connection.execute(
                "SELECT key_id FROM vault_keys WHERE purpose = 'seal'"
            ).fetchall()
        )
    in_database(path, f"UPDATE vault_keys SET key_id = '{name}' WHERE purpose = 'seal'")
    with Store.open(path, keys=keys) as opened:
        assert opened.vault.secret.subkey(ROW_SEALS) == before


@pytest.mark.parametrize("named", [True, False])
def test_a_missing_one_is_not_replaced(path: Path, named: bool) -> None:
    before = masks(path)
    if not named:
        in_database(path, "DELETE FROM vault_keys WHERE purpose = 'seal'")
    file = key_file(path)
    kept = file.read_bytes()
    file.unlink()
    with Store.open(path) as opened:
        with pytest.raises(StorageError) as caught:
            opened.vault.secret.subkey(NUMBER_MASK)
        assert caught.value.key == "error.key_missing" and not file.exists()
        file.write_bytes(kept)
        assert opened.vault.secret.subkey(NUMBER_MASK) == before, "it goes on by itself"


def test_a_moved_data_folder_keeps_it(path: Path, tmp_path: Path) -> None:
    before = masks(path)
    moved = tmp_path / "moved"
    path.parent.rename(moved)
    paths.keys_dir(path.parent).rename(paths.keys_dir(moved))
    assert masks(moved / path.name) == before


def test_it_comes_back_with_a_backup_on_a_machine_that_has_another(
    path: Path, tmp_path: Path
) -> None:
    recovery = key_of(new_code())
    with Store.open(path) as store:
        secret = store.vault.secret.subkey(PIN_PEPPER)
        store.database.call(
            lambda: store.vault.set_recovery(store.database.connection, recovery, MORNING)
        )
        file = store.backups.make("x", MORNING)
    elsewhere = tmp_path / "elsewhere" / "munjigi.db"
    assert masks(elsewhere) != masks(path)
    vault = Vault(FileKeys(paths.keys_dir(elsewhere.parent)))
    restore.restore(Backups(elsewhere, vault), file, vault, MORNING, "관리자", recovery)
    with Store.open(elsewhere) as back:
        assert back.vault.secret.subkey(PIN_PEPPER) == secret
