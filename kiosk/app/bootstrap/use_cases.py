"""The use cases of the staff area and of commands, built over one open store."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_two_admins, no_gallery
from kiosk.app.bootstrap.retention_factory import retention_of
from kiosk.app.bootstrap.store_factory import backup_job_of
from kiosk.app.log_file import log_files
from kiosk.app.machine.backlight import Backlight
from kiosk.app.machine.power_commands import can_switch_machine, switch_machine
from kiosk.app.staff.documents import write_file
from kiosk.core import paths
from kiosk.core.config import Config, ExportsConfig
from kiosk.core.reports import BackupCheck, BackupInfo
from kiosk.core.sticks import HandOut, Parcel
from kiosk.services.account_service import AccountService
from kiosk.services.delivery_service import DeliveryService
from kiosk.services.download_service import DownloadService, OfferedDownload
from kiosk.services.export_service import ExportService
from kiosk.services.machine_service import MachineService
from kiosk.services.own_data_service import OwnDataService
from kiosk.services.people_bulk import PeopleBulkService
from kiosk.services.pin_recovery import PinRecoveryService
from kiosk.services.restored_content import RestoredContentService
from kiosk.services.stored_data import StoredDataService
from kiosk.services.support_file import SupportFileService
from kiosk.storage.audit.chain_verification import verify_kiosk_log
from kiosk.storage.audit.log_export import export_log
from kiosk.storage.backup import restore
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.backup.recovery_code import key_of
from kiosk.storage.crypto.key_rotation import rotate
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.people.subject_access import own_data
from kiosk.storage.sticks.usb_sticks import UsbSticks
from kiosk.storage.store import Store


def build_export(storage: Store) -> ExportService:
    """Return the export of access log and audit log."""
    write = functools.partial(export_log, storage.database.path, vault=storage.vault)
    return ExportService(storage.audit_log, write, local_now)


def build_delivery(storage: Store, data_dir: Path) -> DeliveryService:
    """Return the service that hands out exported files."""
    return DeliveryService(storage.audit_log, UsbSticks(data_dir), paths.exports_dir(data_dir))


def build_download(storage: Store, settings: Callable[[], ExportsConfig]) -> DownloadService:
    """Return the service that offers a file on the local network. ``settings``: those in use."""

    def listen(parcel: Parcel, taken: Callable[[HandOut, str], object]) -> OfferedDownload:
        # imports the HTTP server, which commands and most kiosks never need
        from kiosk.app.download.download_address import listening_address
        from kiosk.app.download.download_server import DownloadServer

        exports = settings()
        address = listening_address(exports.address)
        return DownloadServer(address, exports.port, parcel, taken)

    return DownloadService(storage.audit_log, lambda: settings().download, listen)


def build_machine(storage: Store) -> MachineService:
    """Return the service of power and brightness."""
    return MachineService(storage.audit_log, Backlight(), switch_machine, can_switch_machine)


def build_support_file(storage: Store, data_dir: Path) -> SupportFileService:
    """Return the service that makes a file for those who help."""
    keep = functools.partial(write_file, paths.exports_dir(data_dir))
    return SupportFileService(storage.audit_log, log_files(data_dir), keep, local_now)


def build_accounts(storage: Store) -> AccountService:
    """Return the service of the accounts."""
    return AccountService(storage.accounts, build_two_admins(storage))


def build_pin_recovery(storage: Store, allowed: Callable[[], bool]) -> PinRecoveryService:
    """Return the way back for an administrator who forgot the PIN.

    ``allowed``: whether the recovery code may reset one.
    """
    database = storage.database

    def code_holds(code: str) -> bool:
        key = key_of(code)
        found = database.call(lambda: storage.vault.recovery(database.connection))
        return found is not None and hmac.compare_digest(found[1], key)

    return PinRecoveryService(
        storage.accounts,
        build_accounts(storage),
        build_two_admins(storage),
        storage.audit_log,
        code_holds,
        allowed,
    )


def build_own_data(
    storage: Store, gallery_changed: Callable[[int], None] = no_gallery
) -> OwnDataService:
    """Return the service for the rights of people over their data."""

    def collect(person_id: int) -> dict[str, Any]:
        return own_data(storage, person_id, local_now())

    return OwnDataService(storage.people, storage.audit_log, collect, gallery_changed)


def build_people_bulk(
    storage: Store, gallery_changed: Callable[[], None] = no_gallery
) -> PeopleBulkService:
    """Return the service that changes many people at once."""
    own_data = build_own_data(storage)  # the gallery is told once, after all
    return PeopleBulkService(storage.bulk_people, own_data.delete, gallery_changed)


def build_restored_content(storage: Store) -> RestoredContentService:
    """Return the service that confirms who came back with a restored backup."""
    return RestoredContentService(
        storage.restore_confirmation, storage.people, storage.accounts, build_two_admins(storage)
    )


class BackupFiles:
    """The backups by name or path. ``recovery``: opens them instead of the keys in ``vault``."""

    def __init__(self, backups: Backups, vault: Vault, recovery: bytes | None = None) -> None:
        self._backups = backups
        self._vault = vault
        self._recovery = recovery

    @property
    def folder(self) -> Path:
        """Folder of the backups."""
        return self._backups.folder

    def list(self) -> list[BackupInfo]:
        """Return all backups, newest first."""
        return self._backups.list()

    def forget(self, path: str) -> None:
        """Forget a former folder that is gone; raises ``StorageError`` if there is none."""
        self._backups.forget(path)

    def newest_good(self) -> str | None:
        """Return the path of the newest backup that is undamaged and opens with the keys here."""
        file = restore.newest_good(self._backups)
        return None if file is None else str(file)

    def verify(self, name: str) -> BackupCheck:
        """Open a backup and check it; raises ``StorageError``."""
        return restore.verify(self._backups, self._backups.file(name), self._recovery)

    def restorer(self, name: str, by: str) -> Callable[[], BackupCheck]:
        """Return what restores a backup once the database is closed."""
        file = self._backups.file(name)
        return functools.partial(
            restore.restore, self._backups, file, self._vault, local_now(), by, self._recovery
        )


KEY_NAMES = {
    "master key": "master",
    "recovery code": "recovery",
    "signing key": "signer",
    "public key": "public",
}
"""Message keys of the Privacy page by the vault's names."""


def build_stored_data(config: Config, storage: Store) -> StoredDataService:
    """Return the service of backups, retention and verification."""

    def key_facts() -> tuple[tuple[str, str], ...]:
        named = ((KEY_NAMES[name], value) for name, value in storage.key_facts().items())
        return (("place", storage.vault.store.place), *named)

    return StoredDataService(
        backup_job_of(config, storage),
        BackupFiles(storage.backups, storage.vault),
        retention_of(config, storage)[0],
        build_two_admins(storage),
        local_now,
        key_facts,
        lambda: verify_kiosk_log(storage.database.path, storage.vault),
        functools.partial(rotate, storage),
        storage.audit_log,
    )
