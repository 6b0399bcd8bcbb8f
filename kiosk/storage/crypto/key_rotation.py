"""A new master key in the old one's place: people's keys and backups are sealed anew, then the old key is destroyed."""

from __future__ import annotations

from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store


def rotate(store: Store) -> tuple[str, str, int]:
    """Rotate the master key; (old id, new id, how many backups were sealed anew).

    Interrupted at any point nothing is lost: until every backup opens with the new key the old one stays, and
    ``finish`` takes up where it broke off.
    """

    def work() -> tuple[str, str]:
        with store.database.transaction():
            return store.vault.rotate(store.database.connection, local_now())

    old, new = store.database.call(work)
    return old, new, finish(store)


def finish(store: Store) -> int:
    """Seal the backups of replaced master keys anew, then destroy these keys; how many backups that were."""
    database = store.database
    vault = store.vault
    retired = database.call(lambda: vault.retired(database.connection))
    if not retired:
        return 0
    present = database.call(lambda: vault.master(database.connection))
    former = [key for name in retired if (key := vault.kept(name)) is not None]
    changed = sum(store.backups.open_with(present, key) for key in former)

    def forget() -> None:
        with database.transaction():
            for name in retired:
                vault.forget(database.connection, name)

    database.call(forget)
    return changed
