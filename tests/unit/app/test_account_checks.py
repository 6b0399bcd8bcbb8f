"""The check of who may agree to what needs two administrators."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.account_checks import two_admins_check
from kiosk.core.config import Config
from kiosk.core.people import AccountRole
from kiosk.core.view_models import Check, CheckLevel
from tests.helpers.administrators import PIN, seasoned


def check(folder: Path) -> list[Check]:
    return list(two_admins_check(Config(), folder))


def test_nothing_is_said_without_a_database_or_without_the_rule(tmp_path: Path) -> None:
    assert check(tmp_path) == []
    with open_store(tmp_path) as store:
        seasoned(store, "하나")
    assert check(tmp_path) == []
    (tmp_path / "munjigi.db").write_bytes(b"\xff" * 30_000)
    assert check(tmp_path) == [], "the database's own check says that"


@pytest.mark.parametrize(
    ("ready", "new", "level", "said"),
    [
        (1, 1, CheckLevel.WARNING, "1 of 2"),
        (2, 0, CheckLevel.WARNING, "2 of 2"),
        (2, 1, CheckLevel.OK, "2 of 3"),
    ],
)
def test_who_may_agree_is_counted(
    tmp_path: Path, ready: int, new: int, level: CheckLevel, said: str
) -> None:
    with open_store(tmp_path) as store:
        for number in range(ready):
            seasoned(store, f"ready {number}")
        for number in range(new):
            store.accounts.create(f"new {number}", AccountRole.ADMIN, PIN)
        seasoned(store, "staff", role=AccountRole.STAFF)
        store.two_admins.turn_on()
    [found] = check(tmp_path)
    assert (found.level, bool(found.advice)) == (level, level is not CheckLevel.OK)
    assert said in found.found
