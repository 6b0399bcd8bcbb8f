"""Check of this kiosk's place in a fleet."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.check_messages import check_failed, check_message
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.fleet import Membership
from kiosk.core.view_models import Check, CheckLevel
from kiosk.storage.fleet.fleet_store import FleetStore

NAME = "fleet"


def fleet_check(config: Config, data_dir: Path) -> Check:
    """Report a lease that has run out, and a centre that does not answer or is not ours."""
    if not paths.database_file(data_dir).exists():
        return check_message(NAME, CheckLevel.OK, "fleet_off")
    try:
        with open_store(data_dir, config) as storage:
            member = FleetStore(storage).membership()
        if member is None:
            return check_message(NAME, CheckLevel.OK, "fleet_off")
        return _member_check(config, member)
    except KioskError as error:
        return check_failed(NAME, "fleet_failed", error)


def _member_check(config: Config, member: Membership) -> Check:
    # imports what signs and seals, which a kiosk outside a fleet never needs
    from kiosk.app.bootstrap.fleet_factory import connect_centre, lease_left_s

    if member.revoked:
        return check_message(NAME, CheckLevel.PROBLEM, "fleet_revoked", "fleet_revoked")
    with closing(connect_centre(config.fleet.url, member.fleet)) as centre:
        behind = centre.head().number - member.head.number
    if not lease_left_s(config, member):
        return check_message(NAME, CheckLevel.PROBLEM, "fleet_stale", "fleet_stale")
    if behind > 0:
        return check_message(NAME, CheckLevel.WARNING, "fleet_behind", "fleet_stale", n=behind)
    return check_message(NAME, CheckLevel.OK, "fleet_on", node=member.name)
