"""Rotate the master key: seal keys and backups again, then destroy the old key."""

from __future__ import annotations

from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store


def rotate(store: Store) -> tuple[str, str, int]:
    """Replace the master key; return (old id, new id, number of backups sealed again).

    Nothing is lost at any interruption: the old key stays until every backup opens with the new
    one, and ``finish`` continues from there.
    """

    def replace() -> tuple[str, str]:
        with store.database.transaction():
            return store.vault.rotate(store.database.connection, local_now())

    old, new = store.database.call(replace)
    return old, new, finish(store)


def finish(store: Store) -> int:
    """Seal the backups of replaced master keys again, then destroy these keys.

    Return the number of backups.
    """
    database = store.database
    vault = store.vault
    replaced = database.call(lambda: vault.replaced_masters(database.connection))
    if not replaced:
        return 0
    current = database.call(lambda: vault.master(database.connection))
    former = [key for name in replaced if (key := vault.replaced_master(name)) is not None]
    changed = sum(store.backups.change_master(key, current) for key in former)

    def destroy() -> None:
        with database.transaction():
            for name in replaced:
                vault.destroy_replaced_master(database.connection, name)

    database.call(destroy)
    return changed
