"""Rotate the master key: seal keys and backups again, then destroy the old key."""

from __future__ import annotations

import logging

from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store

log = logging.getLogger(__name__)


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

    While a folder of backups is away or refuses a change, they are kept for it. Return the number
    of backups.
    """
    database = store.database
    vault = store.vault
    replaced = database.call(lambda: vault.replaced_masters(database.connection))
    if not replaced:
        return 0
    current = database.call(lambda: vault.master(database.connection))
    former = [key for name in replaced if (key := vault.replaced_master(name)) is not None]
    changes = [store.backups.change_master(key, current) for key in former]
    held_up = {place.sentence() for change in changes for place in change.held_up}
    if held_up:
        log.warning("a replaced master key is kept: %s", "; ".join(sorted(held_up)))
        return sum(change.changed for change in changes)

    def destroy() -> None:
        with database.transaction():
            needless = vault.replaced_masters(database.connection)
            for name in set(replaced).intersection(needless):
                vault.destroy_replaced_master(database.connection, name)

    database.call(destroy)
    return sum(change.changed for change in changes)
