"""The file for support: what is in it, and who may make it."""

from __future__ import annotations

import functools
import zipfile
from pathlib import Path

import pytest

from kiosk.app.log_file import log_files
from kiosk.app.staff.documents import write_file
from kiosk.core.config import config_from
from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.settings import setting_rows
from kiosk.core.view_models import Check, CheckLevel
from kiosk.services.support_file import MOST_LOG, SupportFileService, SupportReport
from tests.helpers.access import MemoryAudit
from tests.helpers.door import NOW

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)
STAFF = Account("김조교", AccountRole.STAFF, id=2)


def service(folder: Path, audit: MemoryAudit) -> SupportFileService:
    keep = functools.partial(write_file, folder / "exports")
    return SupportFileService(audit, log_files(folder), keep, lambda: NOW)


def test_it_holds_checks_settings_without_passwords_versions_and_the_end_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("LOGS_DIRECTORY", raising=False)
    (tmp_path / "munjigi.log").write_bytes(b"old" + b"x" * MOST_LOG)
    config = config_from({"camera": {"source": "rtsp://lab:hunter2@10.0.0.9/stream"}})
    report = SupportReport(
        [Check("clock", CheckLevel.WARNING, "on UTC", "set the zone")],
        setting_rows(config),
        [("munjigi", "0.2.0")],
    )
    audit = MemoryAudit()
    file = service(tmp_path, audit).make(ADMIN, report)
    with zipfile.ZipFile(file) as made:
        texts = {name: made.read(name) for name in made.namelist()}
    assert set(texts) == {
        "checks.txt",
        "settings.txt",
        "versions.txt",
        "munjigi.log",
        "munjigi.log.1",
    }
    assert b"on UTC\tset the zone" in texts["checks.txt"]
    assert b"hunter2" not in b"".join(texts.values()) and b"camera.source" in texts["settings.txt"]
    assert texts["munjigi.log"] == b"x" * MOST_LOG and texts["munjigi.log.1"] == b""
    assert file.stat().st_mode & 0o777 == 0o600 and audit.events == ["support_file_made"]


def test_staff_make_none(tmp_path: Path):
    audit = MemoryAudit()
    with pytest.raises(SignInError):
        service(tmp_path, audit).make(STAFF, SupportReport((), (), ()))
    assert audit.events == [] and list(tmp_path.iterdir()) == []
