"""Backups, retention and log check, with and without the two-administrator rule."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from kiosk.core.errors import SignInError, StorageError
from kiosk.core.reports import BackupInfo, LogCheck, RetentionState
from kiosk.services.re_enrolment_service import RECENT, ReEnrolmentService
from kiosk.services.stored_data import BackupFilesService, StoredDataService
from kiosk.services.two_admins import TwoAdmins
from tests.helpers.administrators import admin
from tests.helpers.door import NOW

ADMIN = admin(1, "관리자")
OTHER = admin(2, "둘째")
LOG = LogCheck(9, 0, 9, "fingerprint")


class Site:
    """Every part of the service; records the calls in order."""

    folder = Path("backups")

    def __init__(self, *, two_admins: bool = False) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.damaged = False
        two = TwoAdmins(
            lambda: two_admins,
            lambda name, pin: OTHER if pin == "482915" else ADMIN,
            lambda: NOW,
        )
        self.service = StoredDataService(
            self,
            self,
            self,
            two,
            lambda: NOW,
            lambda: (("place", "keys"),),
            lambda: LOG,
            lambda: ("old", "new", 2),
            self,
        )

    def back_up(self, now: datetime, label: str, by: str) -> Path:
        self.calls.append(("back_up", now, label, by))
        return Path("a.backup")

    def new_recovery_code(self, now: datetime, by: str) -> str:
        self.calls.append(("code", now, by))
        return "code"

    def list(self) -> list[BackupInfo]:
        return [BackupInfo("a.backup", NOW)]

    def verify(self, name: str) -> str:
        if self.damaged:
            raise StorageError("The backup is damaged.")
        self.calls.append(("verify", name))
        return "whole"

    def restorer(self, name: str, by: str):
        self.calls.append(("restorer", name, by))
        return lambda: self.calls.append(("restored", name))

    def newest_good(self) -> str:
        return "a.backup"

    def record(self, event: str, actor: str, detail: dict[str, object]) -> None:
        self.calls.append((event, actor, detail))

    def state(self) -> RetentionState:
        return RetentionState(90)

    def run(self, now: datetime, before: datetime | None, by: str) -> int:
        self.calls.append(("delete", now, before, by))
        return 5


def test_the_view_lists_retention_keys_and_backups():
    view = Site(two_admins=True).service.view(ADMIN)
    assert (view.retention.days, view.keys, view.backup_folder) == (
        90,
        (("place", "keys"),),
        "backups",
    )
    assert [info.name for info in view.backups] == ["a.backup"] and view.two_admins


def test_backups_codes_and_checks_name_the_actor():
    site = Site()
    assert site.service.back_up(ADMIN) == Path("a.backup")
    assert site.service.new_recovery_code(ADMIN) == "code"
    assert site.service.verify_backup(ADMIN, "a") == "whole"
    assert site.service.verify_log(ADMIN) is LOG
    assert site.calls == [
        ("back_up", NOW, "by-hand", "관리자"),
        ("code", NOW, "관리자"),
        ("verify", "a"),
    ]


def test_a_backup_is_verified_before_it_is_handed_out_for_restoring():
    site = Site()
    restore = site.service.restorer(ADMIN, "a")
    assert site.calls == [("verify", "a"), ("restorer", "a", "관리자")]
    restore()
    assert site.calls[-1] == ("restored", "a")
    site.damaged = True
    with pytest.raises(StorageError):
        site.service.restorer(ADMIN, "b")
    assert site.calls[-1] == ("restored", "a")


def test_a_rotated_key_is_recorded_with_the_actor():
    site = Site()
    assert site.service.rotate_key(ADMIN) == ("old", "new", 2)
    detail = {"old": "old", "new": "new", "backups": 2}
    assert site.calls == [("master_key_rotated", "관리자", detail)]


def test_backups_are_listed_without_the_database():
    service = BackupFilesService(
        Site(), TwoAdmins(lambda: False, lambda name, pin: ADMIN, lambda: NOW)
    )
    assert [info.name for info in service.list_backups(ADMIN)] == ["a.backup"]
    assert service.newest_good_backup(ADMIN) == "a.backup"
    assert service.verify_backup(ADMIN, "a") == "whole"


def test_rows_before_midnight_of_the_day_are_deleted():
    site = Site()
    assert site.service.delete_rows(ADMIN, date(2026, 3, 1)) == 5
    midnight = datetime.combine(date(2026, 3, 1), time.min).astimezone()
    assert site.calls == [("delete", NOW, midnight, "관리자")]


def test_what_weakens_stored_data_needs_two_administrators_if_the_rule_is_on():
    site = Site(two_admins=True)
    for act in (
        lambda pin: site.service.restorer(ADMIN, "a", "둘째", pin),
        lambda pin: site.service.delete_rows(ADMIN, date(2026, 3, 1), "둘째", pin),
        lambda pin: site.service.new_recovery_code(ADMIN, "둘째", pin),
        lambda pin: site.service.rotate_key(ADMIN, "둘째", pin),
    ):
        with pytest.raises(SignInError) as refused:
            act("")
        assert refused.value.key == "error.second_admin" and site.calls == []
        act("482915")
        assert "관리자 + 둘째" in site.calls.pop()
        site.calls.clear()


def test_re_enrolment_lists_visitors_of_the_last_hours_first():
    class Store:
        def progress(self, embedder_id: str, since: datetime):
            return embedder_id, since

    waiting = ReEnrolmentService(Store(), lambda: NOW).waiting(ADMIN, "net@1")
    assert waiting == ("net@1", NOW - RECENT) and timedelta(hours=12) == RECENT
