"""The badge secret: created once, kept in the key store and in backups, never replaced silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.core.people import Person
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.recovery_code import key_of, new_code
from kiosk.storage.crypto.badge_secret import OLDER_BADGE, badge_secret, check_badge_key
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.people.card_store import CardStore
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING


@pytest.fixture
def old(path: Path) -> Path:
    """The file of an older program."""
    return paths.badge_key(path.parent)


def key_file(path: Path) -> Path:
    [file] = [
        file for file in paths.keys_dir(path.parent).glob("badge-*.key") if file.stem != OLDER_BADGE
    ]
    return file


def card_of(store: Store, secret: bytes) -> CardStore:
    store.people.add(Person("2026-1", "이산"))
    cards = store.cards(secret)
    cards.add_card(1, "04A1B2C3D4")
    return cards


def test_it_is_made_once_and_lies_with_the_other_keys(store: Store, path: Path, old: Path) -> None:
    secret = badge_secret(store, old)
    assert len(secret) == 32 and badge_secret(store, old) == secret and not old.exists()
    assert key_file(path).stat().st_mode & 0o777 == 0o600
    key_file(path).chmod(0o644)
    assert badge_secret(store, old) == secret and key_file(path).stat().st_mode & 0o777 == 0o600


def test_that_of_an_older_program_is_moved(store: Store, path: Path, old: Path) -> None:
    old.write_bytes(bytes(range(32)))
    card_of(store, bytes(range(32)))
    check_badge_key(store, old)
    assert old.exists(), "looking moves nothing"
    assert (
        badge_secret(store, old) == bytes(range(32))
        and not old.exists()
        and key_file(path).exists()
    )
    assert badge_secret(store, old) == bytes(range(32))


def test_a_backup_of_an_older_program_finds_it_after_it_was_moved(
    store: Store, path: Path, old: Path
) -> None:
    old.write_bytes(bytes(range(32)))
    card_of(store, bytes(range(32)))
    file = store.backups.make("before", MORNING)
    badge_secret(store, old)
    store.close()
    path.write_bytes(b"damaged")
    vault = Vault(FileKeys(paths.keys_dir(path.parent)))
    restore.restore(Backups(path, vault), file, vault, MORNING, "관리자")
    with Store.open(path) as back:
        check_badge_key(back, old)
        assert badge_secret(back, old) == bytes(range(32))


def test_a_damaged_one_is_said(store: Store, old: Path) -> None:
    old.write_bytes(b"short")
    with pytest.raises(StorageError, match="is damaged"):
        badge_secret(store, old)
    assert old.read_bytes() == b"short"


@pytest.mark.parametrize("moved", [False, True])
def test_one_that_is_missing_is_not_replaced_while_there_are_cards(
    store: Store, path: Path, old: Path, moved: bool
) -> None:
    cards = card_of(store, badge_secret(store, old) if moved else bytes(32))
    if moved:
        key_file(path).unlink()
    for ask in (badge_secret, check_badge_key):
        with pytest.raises(StorageError) as caught:
            ask(store, old)
        assert caught.value.key == "error.key_missing"
    assert not list(paths.keys_dir(path.parent).glob("badge-*"))
    cards.forget(1)
    check_badge_key(store, old)
    assert len(badge_secret(store, old)) == 32, "nobody has anything that it could void"


def test_it_comes_back_with_a_backup_on_another_machine(
    store: Store, path: Path, old: Path, tmp_path: Path
) -> None:
    secret = badge_secret(store, old)
    card_of(store, secret)
    recovery = key_of(new_code())
    store.database.call(
        lambda: store.vault.set_recovery(store.database.connection, recovery, MORNING)
    )
    file = store.backups.make("x", MORNING)
    assert secret not in file.read_bytes()
    elsewhere = tmp_path / "elsewhere" / "munjigi.db"
    vault = Vault(FileKeys(paths.keys_dir(elsewhere.parent)))
    restore.restore(Backups(elsewhere, vault), file, vault, MORNING, "관리자", recovery)
    with Store.open(elsewhere) as back:
        assert (
            back.cards(badge_secret(back, paths.badge_key(elsewhere.parent))).owner_of_card(
                "04A1B2C3D4"
            )
            == 1
        )
        assert back.database.call(
            lambda: back.database.connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'carried'"
            ).fetchone()
        ) == (0,)


def test_it_comes_back_where_the_key_folder_lost_it(store: Store, path: Path, old: Path) -> None:
    secret = badge_secret(store, old)
    card_of(store, secret)
    file = store.backups.make("x", MORNING)
    key_file(path).unlink()
    store.close()
    vault = Vault(FileKeys(paths.keys_dir(path.parent)))
    restore.restore(Backups(path, vault), file, vault, MORNING, "관리자")
    with Store.open(path) as back:
        assert badge_secret(back, old) == secret


def test_two_databases_of_one_key_folder_have_each_their_own(
    store: Store, path: Path, old: Path, tmp_path: Path
) -> None:
    shared = FileKeys(paths.keys_dir(path.parent))
    other = tmp_path / "other" / "munjigi.db"
    with Store.open(other, keys=shared) as second:
        paths.badge_key(other.parent).write_bytes(bytes(32))
        assert (
            badge_secret(second, paths.badge_key(other.parent))
            == bytes(32)
            != badge_secret(store, old)
        )
