"""Whether the administrators can do what two of them must agree to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.check_messages import check_message
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.people import AccountRole
from kiosk.core.view_models import Check, CheckLevel

ENOUGH = 3
"""Administrators from which on two can replace a third, who left or forgot their PIN."""


def two_admins_check(config: Config, data_dir: Path) -> Iterator[Check]:
    """Yield how many administrators may agree to something, where the rule is on.

    Nothing where the database cannot be opened: its own check reports that.
    """
    if not paths.database_file(data_dir).exists():
        return
    try:
        with open_store(data_dir, config) as storage:
            two = build_two_admins(storage)
            required = two.required
            accounts = storage.accounts.list()
    except KioskError:
        return
    if not required:
        return
    admins = [one for one in accounts if one.role is AccountRole.ADMIN and one.enabled]
    ready = sum(map(two.may_agree, admins))
    if ready < 2:
        found, advice, level = "two_admins_too_few", "two_admins_choose_pins", CheckLevel.WARNING
    elif len(admins) < ENOUGH:
        found, advice, level = "two_admins_ready", "two_admins_third", CheckLevel.WARNING
    else:
        found, advice, level = "two_admins_ready", "", CheckLevel.OK
    yield check_message("two_admins", level, found, advice, number=ready, admins=len(admins))
