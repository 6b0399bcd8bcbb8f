"""A member of staff who shuts everybody out, or lets anybody in, by the threshold."""

from __future__ import annotations

import contextlib
from pathlib import Path

from kiosk.app.bootstrap.analysis_factory import build_analysis
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.people import Account, AccountRole
from kiosk.core.templates import EmbedderInfo
from kiosk.core.thresholds import Choice
from tests.attacks.table import Outcome, attack

INFO = EmbedderInfo("net@12345678", "Net", 4, 1.0, 2.0)
STAFF = Account("staff", AccountRole.STAFF, id=2)
ADMIN = Account("admin", AccountRole.ADMIN, id=1)


@attack("B12", "staff fix a distance at which nobody or anybody is let in", tries=200, short=60)
def fixed_distance(folder: Path, tries: int) -> Outcome:
    """Try distances of all sizes: as staff at all, as an administrator beyond the bounds."""
    succeeded = 0
    before = Choice(distance=0.8)
    with open_store(folder / "data") as store:
        service = build_analysis(
            Config(), store, folder / "data", INFO, store.audit_log, lambda: None
        )
        for number in range(tries):
            far = number % 2
            actor = ADMIN if number % 4 > 1 else STAFF
            share = (number + 1) / tries
            distance = 1.3 + 0.7 * share if far else 0.24 * share**4
            store.choice.set(before)
            with contextlib.suppress(KioskError):
                service.apply(actor, Choice(distance=distance))
            succeeded += store.choice.get() != before
    return tries, succeeded, ""
