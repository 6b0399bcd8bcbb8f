"""The service behind sign-in, which the door has before the staff area is imported."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.services.administer import AdministerService
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store


def no_gallery(person_id: int | None = None) -> None:
    """Do nothing: a running kiosk notices the changes of other processes."""


def build_two_admins(storage: Store) -> TwoAdmins:
    """Return the two-administrator rule of the database, whatever the settings say."""
    return TwoAdmins(storage.two_admins.is_on, storage.accounts.verify, local_now)


def build_administer(
    storage: Store, gallery_changed: Callable[[], None] = no_gallery
) -> AdministerService:
    """Return the service of sign-in, people, log and accounts."""
    return AdministerService(
        storage.people,
        storage.access_log,
        storage.accounts,
        local_now,
        gallery_changed,
        storage.audit_log,
    )
