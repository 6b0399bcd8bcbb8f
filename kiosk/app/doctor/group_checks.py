"""Whether the access rules know the groups that people are in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.check_messages import check_message
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.view_models import Check, CheckLevel

_SHOWN = 10


def groups_check(config: Config, data_dir: Path) -> Iterator[Check]:
    """Name groups of people that no rule names: people in no other group are refused.

    Yields nothing where rules or database cannot be used: their own checks report that.
    """
    if not paths.database_file(data_dir).exists():
        return
    try:
        rules = build_rules(config, data_dir)
        with open_store(data_dir, config) as storage:
            used = storage.people.groups()
    except KioskError:
        return
    if rules.groups == AccessPolicy().groups:
        return
    unknown = sorted(used - rules.groups.keys())
    if unknown:
        names = ", ".join(map(repr, unknown[:_SHOWN])) + (" …" if len(unknown) > _SHOWN else "")
        yield check_message("groups", CheckLevel.WARNING, "groups_unknown", "groups", names=names)
