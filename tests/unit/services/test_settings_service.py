"""Changing settings: validated, recorded with old and new value, stored; two administrators."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.core.config import load_config
from kiosk.core.errors import ConfigError, SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.services.settings_service import SettingsService
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.config_file import ConfigFile
from tests.helpers.administrators import admin
from tests.helpers.door import NOW

ADMIN = admin(1, "관리자")
OTHER = admin(2, "둘째")
STAFF = Account("조교", AccountRole.STAFF, id=3)


class Office:
    def __init__(self, folder: Path, text: str = "") -> None:
        self.path = folder / "config.toml"
        self.path.write_text(text)
        self.rows: list[tuple[str, str, dict]] = []
        config = load_config(self.path)
        self.rule = config.security.two_admins
        self.service = SettingsService(
            ConfigFile(self.path),
            self,
            TwoAdmins(self.is_on, self.verify, lambda: NOW),
            self,
            config,
            "config.toml",
        )

    def is_on(self) -> bool:
        return self.rule

    def turn_on(self) -> None:
        self.rule = True

    def turn_off(self) -> None:
        self.rule = False

    def record(self, event, actor, detail) -> None:
        self.rows.append((event, actor, dict(detail)))

    def verify(self, name: str, pin: str) -> Account:
        found = {("둘째", "1"): OTHER, ("관리자", "1"): ADMIN, ("조교", "1"): STAFF}.get(
            (name, pin)
        )
        if found is None:
            raise SignInError("Wrong PIN.")
        return found


def test_changes_are_saved_and_recorded_with_old_and_new_value(tmp_path):
    office = Office(tmp_path, "[ui]\nidle_s = 30\n")
    config, view = office.service.change(
        ADMIN, {"ui.idle_s": "45", "ui.sound": "false", "ui.language": "ko", "door.name": "Lab"}
    )
    assert (config.ui.idle_s, config.ui.sound, config.door.name) == (45.0, False, "Lab")
    assert office.rows == [
        ("setting_changed", "관리자", {"setting": "ui.idle_s", "from": "30", "to": "45"}),
        ("setting_changed", "관리자", {"setting": "ui.sound", "from": "true", "to": "false"}),
        (
            "setting_changed",
            "관리자",
            {"setting": "door.name", "from": "지능형 시스템 연구실", "to": "Lab"},
        ),
    ]
    assert view.pending == {"door.name"}, "what is used at once does not wait"


def test_resetting_to_the_default_removes_the_line(tmp_path):
    office = Office(tmp_path, "[ui]\ntext_scale = 1.1\n")
    assert office.service.change(ADMIN, {"ui.text_scale": None})[1].pending == {"ui.text_scale"}
    assert "text_scale" not in office.path.read_text()
    assert office.service.change(ADMIN, {"ui.text_scale": "1.1"})[1].pending == frozenset(), (
        "as it started"
    )


def test_passwords_do_not_reach_the_log(tmp_path):
    office = Office(tmp_path, '[camera]\nsource = "rtsp://root:secret@10.0.0.2/a"\n')
    office.service.change(ADMIN, {"camera.source": "rtsp://***@10.0.0.2/b"})
    assert (
        "secret" in office.path.read_text()
        and "secret" not in str(office.rows)
        and "***@10.0.0.2/b" in str(office.rows)
    )


@pytest.mark.parametrize("text", ["[security]\ntwo_admins = true\n"])
def test_weakening_security_needs_a_second_administrator_if_the_rule_is_on(tmp_path, text):
    office = Office(tmp_path, text)
    for name, pin in (("", ""), ("둘째", "2"), ("관리자", "1"), ("조교", "1")):
        for key, value in (
            ("recognition.max_false_accepts", "50"),
            ("security.two_admins", "false"),
            ("privacy.keep_log_days", "5"),
        ):
            with pytest.raises(SignInError):
                office.service.change(ADMIN, {key: value, "ui.sound": "false"}, name, pin)
    assert office.path.read_text() == text and office.rows == []
    office.service.change(ADMIN, {"recognition.max_false_accepts": "50"}, "둘째", "1")
    assert office.rows[0][1] == "관리자 + 둘째"
    office.service.change(ADMIN, {"recognition.max_false_accepts": "10", "ui.sound": "false"})
    assert office.rows[-1][1] == "관리자", "stricter needs one"


def test_the_rule_applies_as_soon_as_it_is_saved(tmp_path):
    office = Office(tmp_path)
    office.service.change(ADMIN, {"security.two_admins": "true"})
    with pytest.raises(SignInError):
        office.service.change(ADMIN, {"security.two_admins": "false"})


def test_an_edited_file_does_not_switch_the_rule_off(tmp_path):
    office = Office(tmp_path, "[security]\ntwo_admins = true\n")
    office.path.write_text("[security]\ntwo_admins = false\n")
    view = office.service.view(ADMIN)
    assert view.two_admins, "the screen shows what is in force"
    assert {s.key: s.value for s in view.settings}["security.two_admins"] is True
    for key, value in (("security.two_admins", "false"), ("recognition.votes", "2")):
        with pytest.raises(SignInError):
            office.service.change(ADMIN, {key: value})
    assert office.rule and office.rows == []
    config, view = office.service.change(ADMIN, {"security.two_admins": "false"}, "둘째", "1")
    assert not office.rule and not view.two_admins and not config.security.two_admins
    assert office.rows[0][1] == "관리자 + 둘째"


def test_staff_and_bad_values_are_refused(tmp_path):
    office = Office(tmp_path)
    with pytest.raises(SignInError):
        office.service.view(STAFF)
    with pytest.raises(SignInError):
        office.service.change(STAFF, {"ui.sound": "false"})
    for texts in (
        {"ui.idle_s": "soon"},
        {"ui.idle_s": "1"},
        {"nothing.x": "1"},
        {"recognition.window_s": "0.3", "recognition.min_span_s": "2"},
    ):
        with pytest.raises(ConfigError):
            office.service.change(ADMIN, texts)
    assert office.path.read_text() == "" and office.rows == []


def test_failed_write_is_recorded(tmp_path):
    office = Office(tmp_path)

    def fails(values):
        raise StorageError("full", key="error.storage_full")

    office.service._file.change = fails
    with pytest.raises(StorageError):
        office.service.change(ADMIN, {"ui.sound": "false"})
    assert [row[0] for row in office.rows] == ["setting_changed", "settings_not_written"]


@pytest.mark.parametrize("text", ["/tmp/elsewhere", "", None])
def test_what_is_set_in_the_file_only_is_refused_whatever_else_is_changed(tmp_path, text):
    office = Office(tmp_path, '[security]\nkey_folder = "/keys"\n')
    before = office.path.read_text()
    with pytest.raises(ConfigError, match="in the settings file only") as refused:
        office.service.change(ADMIN, {"ui.sound": "false", "security.key_folder": text})
    assert refused.value.key == "setting.file_only"
    assert office.path.read_text() == before and office.rows == []
    office.service.change(ADMIN, {"ui.sound": "false"})
    assert 'key_folder = "/keys"' in office.path.read_text()
