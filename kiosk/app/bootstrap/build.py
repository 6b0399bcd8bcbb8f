"""Open the database with its stores, keys and backups where the settings say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.storage.audit.access_log import AccessLog
from kiosk.storage.audit.audit_log import AuditLog
from kiosk.storage.audit.trace_store import TraceStore
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.key_store import FileKeys, KeyringKeys, KeyStore
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.database import Database
from kiosk.storage.people.account_store import AccountStore
from kiosk.storage.people.consent_store import ConsentStore
from kiosk.storage.people.door_pin_store import DoorPinStore, TryStore
from kiosk.storage.people.look_alike_store import LookAlikeStore
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.settings_store import ChoiceStore, SettingsStore
from kiosk.ui.consent_text import consent_text


@dataclass(frozen=True, slots=True)
class Storage:
    """The open database and its stores."""

    database: Database
    people: PeopleStore
    access_log: AccessLog
    accounts: AccountStore
    settings: SettingsStore
    consents: ConsentStore
    actions: AuditLog
    traces: TraceStore
    look_alikes: LookAlikeStore
    door_pins: DoorPinStore
    door_tries: TryStore
    choice: ChoiceStore

    @classmethod
    def open(cls, data_dir: Path, config: Config | None = None) -> Storage:
        """Open, or create, the database of ``data_dir``; ``config`` says where its keys and backups lie."""
        config = config or Config()
        database = Database.open(
            paths.database_file(data_dir),
            keys=key_store(data_dir, config),
            backups=backups_folder(config),
        )
        settings = SettingsStore(database)
        return cls(
            database,
            PeopleStore(database),
            AccessLog(database),
            AccountStore(database),
            settings,
            ConsentStore(database),
            AuditLog(database),
            TraceStore(database),
            LookAlikeStore(database),
            DoorPinStore(database),
            TryStore(database),
            ChoiceStore(settings),
        )

    def publish_consent(self, config: Config) -> int:
        """Keep the text that people are shown from now on; its version."""
        days = config.privacy.keep_log_days
        return self.consents.publish(consent_text("ko", days), consent_text("en", days))

    def close(self) -> None:
        """Close the database after the work in progress."""
        self.database.close()


def key_store(data_dir: Path, config: Config) -> KeyStore:
    """Where the settings say that the secret keys lie."""
    security = config.security
    if security.key_store == "keyring":
        return KeyringKeys.system()
    return FileKeys(
        paths.expanded(security.key_folder) if security.key_folder else paths.keys_dir(data_dir)
    )


def backups_folder(config: Config) -> Path | None:
    """Where the settings want backups; ``None`` is inside the data folder."""
    return paths.expanded(config.backup.folder).absolute() if config.backup.folder else None


def backups_of(config: Config, data_dir: Path) -> tuple[Backups, Vault]:
    """The backups of ``data_dir`` and its keys, without opening its database, which may be damaged."""
    vault = Vault(key_store(data_dir, config))
    return Backups(paths.database_file(data_dir.absolute()), vault, backups_folder(config)), vault


def backup_job_of(config: Config, storage: Storage) -> BackupJob:
    """What makes and rotates backups as the settings say."""
    return BackupJob(
        storage.database,
        every=timedelta(hours=config.backup.every_hours),
        keep=config.backup.keep,
        set_aside=timedelta(days=config.privacy.keep_log_days),
    )
