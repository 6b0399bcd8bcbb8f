"""The privacy page: backups, recovery code, retention and verification of the log."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from PySide6.QtWidgets import QWidget

from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.reports import BackupCheck, BackupInfo, LogCheck, RetentionState
from kiosk.core.view_models import PrivacyView, RestoredContent
from kiosk.storage.audit import chain_verification
from kiosk.ui.i18n import language, tr, tr_in
from kiosk.ui.screens.settings.privacy_screen import PrivacyScreen
from kiosk.ui.screens.system.recovery_screen import RecoveryScreen
from kiosk.ui.theme import theme
from tests.helpers.screens import click, find
from tests.ui.conftest import clipped

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SOUND = LogCheck(1200, 200, 1200, "0123456789abcdef")
BACKUPS = tuple(
    BackupInfo(
        f"b{n}.mjb", AT, "scheduled" if n else "before-0003", 2_400_000, opens=n != 2, recovers=True
    )
    for n in range(7)
)
VIEW = PrivacyView(
    RetentionState(90, AT, 12_345, AT),
    (("place", "/var/lib/munjigi-keys"), ("master", "0123, since 2026")),
    BACKUPS,
    "/data/backups",
    True,
)


@pytest.fixture
def screen(shown) -> PrivacyScreen:
    theme().reduced_motion = True
    made = shown(PrivacyScreen(lambda: TODAY), 1064, 2000)
    made.show_view(VIEW)
    return made


CONTENT = RestoredContent(
    "b1.mjb",
    tuple(Person(f"2026-{n}", f"사람{n}", enabled=n > 0) for n in range(12)),
    40,
    (Account("관리자", AccountRole.ADMIN), Account("조교", AccountRole.STAFF, enabled=False)),
)


def test_restored_backup_is_confirmed_after_who_is_in_it_was_shown(qtbot, screen):
    assert not screen.restored.isVisible()
    screen.show_restored(CONTENT)
    assert screen.restored.isVisible() and "b1.mjb" in screen.restored.about.text()
    assert "관리자" in screen.restored.accounts.text()
    assert "조교" not in screen.restored.accounts.text(), "disabled already"
    assert "2026-1 사람1" in screen.restored.people.text() and "40" in screen.restored.people.text()
    assert "사람0" not in screen.restored.people.text()
    click(qtbot, screen, "restoredConfirm")
    screen.restored.second.name.set_text("다른 관리자")
    screen.restored.second.pin.set_text("482915")
    with qtbot.waitSignal(screen.restoredConfirmed) as sent:
        click(qtbot, screen, "privacyRestoredQuestionYes")
    assert sent.args == ["다른 관리자", "482915"]
    screen.show_restored(None)
    assert not screen.restored.isVisible()


def test_newest_backups_are_listed_with_missing_keys(screen):
    assert [n for n in range(7) if screen.findChild(QWidget, f"backup.b{n}.mjb")] == [0, 1, 2, 3, 4]
    assert (
        find(screen, "backupRestore.b1.mjb").isEnabled()
        and not find(screen, "backupRestore.b2.mjb").isEnabled()
    )
    assert (
        "7" in find(screen, "privacyBackupsSummary").text()
        and "/data/backups" in find(screen, "privacyBackupsSummary").text()
    )
    screen.show_view(PrivacyView(RetentionState(90)))
    assert find(screen, "privacyBackupsSummary").text() == tr("privacy.backups.none")


def test_backup_disables_other_actions(qtbot, screen):
    with qtbot.waitSignal(screen.backupRequested):
        click(qtbot, screen, "privacyBackup")
    assert (
        not find(screen, "privacyBackup").isEnabled()
        and not find(screen, "backupVerify.b0.mjb").isEnabled()
    )
    screen.show_error("backups", "error.storage_full")
    assert (
        find(screen, "privacyBackupsNote").text() == tr("error.storage_full")
        and find(screen, "privacyBackup").isEnabled()
    )


def test_a_backup_is_verified_by_its_name(qtbot, screen):
    with qtbot.waitSignal(screen.verifyRequested) as requests:
        click(qtbot, screen, "backupVerify.b3.mjb")
    assert requests.args == ["b3.mjb"]
    screen.show_backup_check(BackupCheck(24, 120, 5000, SOUND))
    assert (
        "24" in find(screen, "privacyBackupsNote").text()
        and find(screen, "privacyBackupsNote").property("tone") == "accept"
    )
    screen.show_backup_check(BackupCheck(24, 120, 5000, LogCheck(1, 0, 0, "", "head_removed")))
    assert find(screen, "privacyBackupsNote").property("tone") == "wait"


def test_restoring_asks_for_confirmation(qtbot, screen):
    click(qtbot, screen, "backupRestore.b1.mjb")
    assert "b1.mjb" in find(screen, "privacyRestoreConfirmText").text()
    with qtbot.waitSignal(screen.restoreRequested) as requests:
        click(qtbot, screen, "privacyRestoreConfirmYes")
    assert requests.args == ["b1.mjb", "", ""]
    screen.show_view(VIEW)
    click(qtbot, screen, "backupRestore.b1.mjb")
    find(screen, "restoreSecondName").setText("다른 관리자")
    qtbot.keyClicks(find(screen, "restoreSecondPin"), "482915")
    with qtbot.waitSignal(screen.restoreRequested) as requests:
        click(qtbot, screen, "privacyRestoreConfirmYes")
    assert (
        requests.args == ["b1.mjb", "다른 관리자", "482915"]
        and screen.backups.second.pin.edit.text() == ""
    )
    screen.show_view(PrivacyView(RetentionState(90), backups=BACKUPS, two_admins=False))
    click(qtbot, screen, "backupRestore.b1.mjb")
    assert screen.backups.confirm.isVisible() and not screen.backups.second.isVisible()


def test_the_recovery_code_needs_a_second_administrator_while_two_are_needed(qtbot, screen):
    with qtbot.assertNotEmitted(screen.codeRequested):
        click(qtbot, screen, "privacyCode")
    find(screen, "codeSecondName").setText("다른 관리자")
    qtbot.keyClicks(find(screen, "codeSecondPin"), "482915")
    with qtbot.waitSignal(screen.codeRequested) as requests:
        click(qtbot, screen, "privacyCodeConfirmYes")
    assert requests.args == ["다른 관리자", "482915"]
    assert screen.backups.code_second.pin.edit.text() == ""
    click(qtbot, screen, "privacyCode")
    screen.reset()
    assert screen.backups.code_confirm.isHidden()


def test_the_recovery_code_is_shown_once(qtbot, screen):
    screen.show_view(PrivacyView(RetentionState(90), backups=BACKUPS, two_admins=False))
    with qtbot.assertNotEmitted(screen.codeRequested):
        click(qtbot, screen, "privacyCode")  # one touch ends no earlier code
    assert not screen.backups.code_second.isVisible()
    with qtbot.waitSignal(screen.codeRequested):
        click(qtbot, screen, "privacyCodeConfirmYes")
    screen.show_code("ABCDE-FGHJK")
    assert find(screen, "privacyCodeCardText").text() == "ABCDE-FGHJK"
    click(qtbot, screen, "privacyCodeCardDone")
    screen.backups.code_card._number = 1
    find(screen, "privacyCodeCardGroup").setText("FGHJK")
    click(qtbot, screen, "privacyCodeCardCheck")
    assert find(screen, "privacyCode").hasFocus()
    assert screen.backups.code_card.isHidden() and screen.backups.code_card.code.text() == ""
    screen.show_code("ABCDE-FGHJK")
    screen.reset()
    assert screen.backups.code_card.code.text() == "", "nor for the next account"


def test_rows_are_removed_with_a_second_administrator(qtbot, screen):
    click(qtbot, screen, "privacyRemove")
    assert find(screen, "privacyBefore.error").text() == tr("privacy.retention.day_missing")
    find(screen, "privacyBefore").setText("2026-01-01")
    find(screen, "secondName").setText("다른 관리자")
    qtbot.keyClicks(find(screen, "secondPin"), "482915")
    click(qtbot, screen, "privacyRemove")
    with qtbot.waitSignal(screen.removeRequested) as requests:
        click(qtbot, screen, "privacyRemoveConfirmYes")
    assert requests.args == [date(2026, 1, 1), "다른 관리자", "482915"]
    assert find(screen, "secondPin").text() == "", "the PIN does not stay on the screen"
    screen.show_note("retention", "privacy.retention.removed", rows="12")
    assert "12" in find(screen, "privacyRetentionNote").text()
    screen.show_view(PrivacyView(RetentionState(90), two_admins=False))
    assert not screen.retention.second.isVisible()


def test_the_log_is_checked(qtbot, screen):
    with qtbot.waitSignal(screen.checkRequested):
        click(qtbot, screen, "privacyCheck")
    screen.show_log_check(SOUND)
    assert (
        "1,000" in find(screen, "privacyLogCheckNote").text()
        and "0123456789abcdef" in find(screen, "privacyLogCheckNote").text()
    )
    screen.show_log_check(
        LogCheck(
            5, 0, 0, "", "row_changed", {"number": 4, "table": "log", "at": "2026-03-02 09:41:13"}
        )
    )
    note = find(screen, "privacyLogCheckNote")
    assert "4" in note.text() and "2026-03-02" in note.text() and note.property("tone") == "reject"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("finding", list(chain_verification._SENTENCES))
def test_every_finding_has_a_message(code, finding):
    values = {
        "number": 1,
        "table": "log",
        "at": "now",
        "first": 1,
        "last": 2,
        "signer": "0123456789abcdef",
    }
    assert tr_in(code, f"log_check.{finding}", **values) != f"log_check.{finding}"


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(qtbot, qapp, shown, code, size):
    language().use(code)
    theme().reduced_motion = True
    screen = shown(PrivacyScreen(lambda: TODAY), *size)
    screen.show_view(VIEW)
    screen.show_code("ABCDE-FGHJK-MNPQR-STVWX-YZ012-3")
    screen.show_log_check(LogCheck(5, 0, 0, "", "newest_unsigned", {"first": 12}))
    screen.show_restored(CONTENT)
    click(qtbot, screen, "restoredConfirm")
    click(qtbot, screen, "backupRestore.b1.mjb")
    qapp.processEvents()
    assert clipped(screen) == []


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)])
def test_recovery_screen_is_not_clipped_and_offers_a_backup(qtbot, qapp, shown, code, size):
    language().use(code)
    theme().reduced_motion = True
    screen = shown(RecoveryScreen(), *size)
    screen.show_trouble("error.storage_damaged")
    assert find(screen, "notice.next").text() == tr("error.storage_damaged")
    screen.show_searching()
    assert not screen.restore.isVisible()
    screen.show_none()
    qapp.processEvents()
    assert clipped(screen) == []
    screen.show_offer(AT, 24, 5000)
    qapp.processEvents()
    assert "5,000" in find(screen, "troubleOffer").text() and clipped(screen) == []
    with qtbot.waitSignal(screen.restoreRequested):
        click(qtbot, screen, "troubleRestore")
