"""Open the database with its stores, keys and backups where the settings say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_store import FileKeys, KeyringKeys, KeyStore
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.store import Store


def open_store(data_dir: Path, config: Config | None = None) -> Store:
    """Open or create the database of ``data_dir``.

    ``config``: where its keys and backups are. Where it asks for two administrators, the database
    does so from now on, whatever settings it is opened with later.
    """
    config = config or Config()
    store = Store.open(
        paths.database_file(data_dir),
        keys=key_store(data_dir, config),
        backups=backups_folder(config),
    )
    if config.security.two_admins:
        try:
            store.two_admins.latch()
        except BaseException:
            store.close()
            raise
    return store


def key_store(data_dir: Path, config: Config) -> KeyStore:
    """Return the store of secret keys that the settings name."""
    security = config.security
    if security.key_store == "keyring":
        return KeyringKeys.system()
    return FileKeys(
        paths.expanded(security.key_folder) if security.key_folder else paths.keys_dir(data_dir)
    )


def backups_folder(config: Config) -> Path | None:
    """Return the configured folder of backups; ``None``: inside the data folder."""
    return paths.expanded(config.backup.folder).absolute() if config.backup.folder else None


def backups_of(config: Config, data_dir: Path) -> tuple[Backups, Vault]:
    """Return backups and keys of ``data_dir`` without opening its database."""
    vault = Vault(key_store(data_dir, config))
    return Backups(paths.database_file(data_dir.absolute()), vault, backups_folder(config)), vault


def backup_job_of(config: Config, storage: Store) -> BackupJob:
    """Return what makes and rotates backups as the settings say."""
    return BackupJob(
        storage,
        every=timedelta(hours=config.backup.every_hours),
        keep=config.backup.keep,
        set_aside=timedelta(days=config.privacy.keep_log_days),
    )
