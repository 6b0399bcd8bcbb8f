"""Administrators who may agree to something together, and stores that have some."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.people import Account, AccountRole
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from tests.helpers.door import NOW

PIN = "482915"


def admin(account_id: int, name: str, at: datetime = NOW) -> Account:
    """Return an administrator who has been one for a month at ``at``, with a PIN of their own."""
    made = at - timedelta(days=30)
    return Account(name, AccountRole.ADMIN, True, made, account_id, made, True)


def seasoned(
    storage: Store, name: str, pin: str = PIN, role: AccountRole = AccountRole.ADMIN
) -> Account:
    """Create an account of a month ago whose owner chose the PIN."""
    then = local_now() - timedelta(days=30)
    return storage.using(lambda: then).accounts.create(name, role, pin, own=True)
