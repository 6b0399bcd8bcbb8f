"""The Privacy page on a real database: two administrators, where required."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_restored_content, build_stored_data
from kiosk.app.staff.privacy_presenter import PrivacyPresenter
from kiosk.core.config import Config, SecurityConfig
from kiosk.core.decisions import LogFilter
from kiosk.storage.backup.restore_confirmation import UNCONFIRMED
from kiosk.ui.i18n import tr
from kiosk.ui.screens.settings.privacy_screen import PrivacyScreen
from tests.helpers.administrators import PIN, seasoned
from tests.helpers.staff_context import staff_context

TWO = dataclasses.replace(Config(), security=SecurityConfig(two_admins=True))


class Site:
    """The presenter with 관리자 signed in; ``restarts``: work before each restart."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.storage = open_store(folder, config)
        self.actor = seasoned(self.storage, "관리자")
        seasoned(self.storage, "다른 관리자")
        self.backup = self.storage.backups.make("x", datetime(2026, 3, 2, tzinfo=UTC))
        self.restarts: list[Callable[[], object]] = []
        self.page = PrivacyScreen()
        self.presenter = PrivacyPresenter(
            self.page,
            staff_context(self.actor),
            build_stored_data(config, self.storage),
            build_restored_content(self.storage),
            self.restarts.append,
        )


@pytest.fixture
def two(qtbot, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "data", TWO)
    qtbot.addWidget(made.page)
    yield made
    made.presenter.stop()
    made.storage.close()


@pytest.mark.parametrize(
    ("name", "pin", "key"),
    [
        ("", "", "error.second_admin"),
        ("관리자", PIN, "error.second_admin"),
        ("다른 관리자", "736251", "error.sign_in"),
    ],
)
def test_one_administrator_restores_nothing(
    qtbot, two: Site, name: str, pin: str, key: str
) -> None:
    two.page.restoreRequested.emit(two.backup.name, name, pin)
    qtbot.waitUntil(lambda: two.page.backups.note.text() == tr(key))
    assert two.restarts == []


def test_two_administrators_make_a_recovery_code(qtbot, two: Site) -> None:
    two.page.codeRequested.emit("", "")
    qtbot.waitUntil(lambda: two.page.backups.note.text() == tr("error.second_admin"))
    assert two.page.backups.code_card.code.text() == ""
    two.page.codeRequested.emit("다른 관리자", PIN)
    qtbot.waitUntil(lambda: two.page.backups.code_card.code.text() != "")
    [made] = [
        row.actor
        for row in two.storage.audit_log.query(LogFilter(), 9, 0)[0]
        if row.event == "recovery_code_made"
    ]
    assert made == "관리자 + 다른 관리자"


def test_two_administrators_restore_and_the_log_names_both(qtbot, two: Site) -> None:
    two.page.restoreRequested.emit(two.backup.name, "다른 관리자", PIN)
    qtbot.waitUntil(lambda: len(two.restarts) == 1)
    folder = two.storage.database.path.parent
    two.storage.close()
    two.restarts[0]()
    with_it = open_store(folder, TWO)
    [restored] = [
        a for a in with_it.audit_log.query(LogFilter(), 9, 0)[0] if a.event == "backup_restored"
    ]
    with_it.close()
    assert restored.actor == "관리자 + 다른 관리자"


def test_one_administrator_restores_if_the_rule_is_off(qtbot, tmp_path: Path) -> None:
    site = Site(tmp_path / "data", Config())
    qtbot.addWidget(site.page)
    site.page.restoreRequested.emit(site.backup.name, "", "")
    qtbot.waitUntil(lambda: len(site.restarts) == 1)
    site.presenter.stop()
    site.storage.close()


def test_restored_backup_is_confirmed_on_the_page(qtbot, tmp_path: Path) -> None:
    site = Site(tmp_path / "data", Config())
    qtbot.addWidget(site.page)
    site.storage.settings.set(UNCONFIRMED, "x.mjb")
    site.presenter._show()
    qtbot.waitUntil(lambda: "x.mjb" in site.page.restored.about.text())
    site.page.restoredConfirmed.emit("", "")
    qtbot.waitUntil(lambda: site.storage.restore_confirmation.pending() is None)
    qtbot.waitUntil(lambda: site.page.restored.isHidden())
    site.presenter.stop()
    site.storage.close()


def test_one_administrator_confirms_no_restored_backup(qtbot, two: Site) -> None:
    two.storage.settings.set(UNCONFIRMED, "x.mjb")
    two.page.restoredConfirmed.emit("", "")
    qtbot.waitUntil(lambda: two.page.restored.note.text() == tr("error.second_admin"))
    assert two.storage.restore_confirmation.pending() == "x.mjb"
    two.page.restoredConfirmed.emit("다른 관리자", PIN)
    qtbot.waitUntil(lambda: two.storage.restore_confirmation.pending() is None)
