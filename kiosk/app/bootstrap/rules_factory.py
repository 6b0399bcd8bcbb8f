"""Build the services of the access rules: to edit them, and to see who may enter when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kiosk.access.policy.engine import PolicyEngine
from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.core.access_rules import AccessRules, EntryPreview
from kiosk.core.people import Person
from kiosk.core.ports import Clock
from kiosk.services.access_rules_service import AccessRulesService
from kiosk.services.entry_preview_service import EntryPreviewService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store

PAGE = 500


def build_rules_service(storage: Store, file: SitePolicyFile) -> AccessRulesService:
    """Return the service that edits the rules in ``file``."""
    return AccessRulesService(
        file,
        storage.settings,
        storage.audit_log,
        build_two_admins(storage),
        storage.people.group_sizes,
        local_now,
        storage.bulk_people.rename_group,
    )


def build_entry_preview(
    storage: Store, file: SitePolicyFile, engine: PolicyEngine, clock: Clock = local_now
) -> EntryPreviewService:
    """Return the service that tells who may enter by the rules of ``engine``."""

    def outlook(people: Iterable[Person], at: datetime, draft: AccessRules | None) -> EntryPreview:
        holders = storage.cards(b"").holders()
        rules = file.policy(file.changed(file.read(), draft)) if draft else None
        return engine.outlook(people, holders.__contains__, at, rules)

    return EntryPreviewService(lambda text: _people(storage, text), outlook, clock)


def _people(storage: Store, text: str) -> Iterator[Person]:
    offset = 0
    while True:
        rows, total = storage.people.search(text, PAGE, offset)
        yield from rows
        offset += PAGE
        if offset >= total:
            return
