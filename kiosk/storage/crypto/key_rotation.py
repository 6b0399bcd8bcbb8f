"""A new master key in the old one's place: people's keys and backups are sealed anew, then the old key is destroyed."""

from __future__ import annotations

from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import local_now


def rotate(database: Database) -> tuple[str, str, int]:
    """Rotate the master key; (old id, new id, how many backups were sealed anew).

    Interrupted at any point nothing is lost: until every backup opens with the new key the old one stays, and
    ``finish`` takes up where it broke off.
    """

    def work() -> tuple[str, str]:
        with database.writing():
            return database.vault.rotate(database.sqlite.conn, local_now())

    old, new = database.call(work)
    return old, new, finish(database)


def finish(database: Database) -> int:
    """Seal the backups of replaced master keys anew, then destroy these keys; how many backups that were."""
    vault = database.vault
    retired = database.call(lambda: vault.retired(database.sqlite.conn))
    if not retired:
        return 0
    present = database.call(lambda: vault.master(database.sqlite.conn))
    former = [key for name in retired if (key := vault.kept(name)) is not None]
    changed = sum(database.backups.open_with(present, key) for key in former)

    def forget() -> None:
        with database.writing():
            for name in retired:
                vault.forget(database.sqlite.conn, name)

    database.call(forget)
    return changed
