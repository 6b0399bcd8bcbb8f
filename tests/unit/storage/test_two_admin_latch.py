"""The two-administrator rule in the database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.core.config import Config, SecurityConfig
from kiosk.core.decisions import LogFilter
from kiosk.storage.backup.restore import restore
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.storage.two_admin_latch import KEY

TWO = replace(Config(), security=SecurityConfig(two_admins=True))


def events(store: Store) -> list[tuple[str, str]]:
    return [(row.event, row.actor) for row in store.audit_log.query(LogFilter(), 9, 0)[0]]


def test_settings_switch_the_rule_on_once_and_other_settings_do_not_switch_it_off(
    tmp_path: Path,
) -> None:
    with open_store(tmp_path, Config()) as store:
        assert not store.two_admins.is_on() and events(store) == []
    for config in (TWO, Config(), TWO):
        with open_store(tmp_path, config) as store:
            assert store.two_admins.is_on()
            assert events(store) == [("two_admins_latched", "system")], "recorded once"
    with open_store(tmp_path) as store:
        store.two_admins.turn_off()
        assert not store.two_admins.is_on()


@pytest.mark.parametrize("value", [None, 0, 1, "off", [], {}])
def test_a_damaged_value_does_not_switch_it_off(store: Store, value: object) -> None:
    store.settings.set(KEY, value)
    assert store.two_admins.is_on()


@pytest.mark.slow
def test_a_backup_of_before_does_not_switch_it_off(tmp_path: Path) -> None:
    with open_store(tmp_path, Config()) as store:
        old = store.backups.make("before", local_now())
        store.two_admins.turn_on()
    restore(store.backups, old, store.vault, local_now(), "하나 + 둘")
    with open_store(tmp_path, Config()) as store:
        assert store.two_admins.is_on()


@pytest.mark.slow
def test_a_backup_of_when_it_was_on_switches_it_on(tmp_path: Path) -> None:
    with open_store(tmp_path, TWO) as store:
        old = store.backups.make("before", local_now())
        store.two_admins.turn_off()
    restore(store.backups, old, store.vault, local_now(), "하나 + 둘")
    with open_store(tmp_path, Config()) as store:
        assert store.two_admins.is_on()
