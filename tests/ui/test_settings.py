"""The settings page by touch and keys, and from a change to the file and the log."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.live_config import LiveConfig, needs_new_engine
from kiosk.app.staff.reader_test_presenter import ReaderTestPresenter
from kiosk.app.staff.settings_changes import SettingsChanges
from kiosk.app.staff.settings_presenter import SettingsPresenter
from kiosk.core.config import Config, HealthConfig, LockTable, lock_setting
from kiosk.core.decisions import LogFilter
from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole
from kiosk.core.reader_pattern import ReaderPattern
from kiosk.core.settings import FILE_ONLY, SettingKind, SettingsView, settings_of
from kiosk.core.simple_settings import SIMPLE
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.settings.settings_screen import SettingsScreen
from kiosk.ui.screens.system.reader_test_card import ReaderTestCard
from tests.helpers.screens import click, find
from tests.helpers.staff_context import staff_context
from tests.ui.conftest import clipped

VIEW = SettingsView(
    settings_of(default_config()),
    frozenset({"door.reject_s"}),
    True,
    "/var/lib/munjigi/config.toml",
)


@pytest.fixture
def screen(shown) -> SettingsScreen:
    made = shown(SettingsScreen(), 1064, 2400)
    made.show_view(VIEW)
    made.show_all(True)
    return made


def write(qtbot, screen: QWidget, name: str, text: str) -> None:
    line = find(screen, name)
    assert isinstance(line, QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, text)


def test_every_setting_is_on_its_page(qtbot, screen):
    seen = set()
    for name in VIEW.section_titles:
        click(qtbot, screen, f"settingsSection.{name}")
        for setting in VIEW.settings:
            if setting.section == name:
                find(screen, f"set.{setting.key}")
                seen.add(setting.key)
                reset = screen._lines[setting.key].reset
                assert not reset.isEnabled() and reset.isVisible() is not setting.spec.file_only
    assert seen == {setting.key for setting in VIEW.settings}


@pytest.mark.parametrize("code", language_codes())
def test_every_setting_is_explained_in_the_language_in_use(qtbot, shown, code):
    language().use(code)
    screen = shown(SettingsScreen(), 1064, 2400)
    screen.show_view(VIEW)
    screen.show_all(True)
    for name in VIEW.section_titles:
        click(qtbot, screen, f"settingsSection.{name}")
        for line in screen._lines.values():
            descriptions = line.setting.spec.descriptions
            about = catalogue(code).get(f"setting.about.{line.setting.key}")
            assert line.about.text() == (about or descriptions.get(code, descriptions["en"]))


def test_all_kinds_of_edits_are_saved_together(qtbot, screen):
    click(qtbot, screen, "settingsSection.ui")
    click(qtbot, screen, "set.ui.sound.false")
    click(qtbot, screen, "set.ui.idle_sMore")
    click(qtbot, screen, "set.ui.language.en")
    click(qtbot, screen, "settingsSection.door")
    write(qtbot, screen, "set.door.name", "Lab 7")
    click(qtbot, screen, "settingsSection.ui")
    assert find(screen, "set.ui.idle_s").text() == "22", "what was typed before is still there"
    assert "4" in find(screen, "settingsDrafts").text()
    with qtbot.waitSignal(screen.changed) as kept:
        click(qtbot, screen, "settingsSave")
    assert kept.args == [
        {"ui.sound": "false", "ui.idle_s": "22", "ui.language": "en", "door.name": "Lab 7"},
        "",
        "",
    ]
    screen.show_saved(replace(VIEW, pending=frozenset({"door.name"})))
    assert (
        find(screen, "settingsNote").text() == tr("setting.saved")
        and not screen.bar.save.isVisible()
    )


def test_values_out_of_bounds_cannot_be_saved(qtbot, screen):
    click(qtbot, screen, "settingsSection.camera")
    click(qtbot, screen, "set.camera.widthMore")
    for text in ("10", "wide", "640.5", ""):
        line = find(screen, "set.camera.width")
        line.setText("")
        line.textEdited.emit("")
        qtbot.keyClicks(line, text)
        assert find(screen, "set.camera.width.error").text() == tr(
            "setting.error.bounds", low="160", high="3840"
        )
        assert screen.bar.save.isVisible() is False or not screen.bar.save.isEnabled()
    for _ in range(200):
        screen._lines["camera.width"]._increase()
    assert find(screen, "set.camera.width").text() == "3840", "never beyond"


def test_back_to_the_default_and_discarding(qtbot, screen):
    changed = [
        replace(setting, value=45.0) if setting.key == "ui.idle_s" else setting
        for setting in VIEW.settings
    ]
    screen.show_view(replace(VIEW, settings=tuple(changed)))
    click(qtbot, screen, "settingsSection.ui")
    click(qtbot, screen, "set.ui.idle_s.reset")
    assert find(screen, "set.ui.idle_s").text() == "20"
    click(qtbot, screen, "settingsDiscard")
    assert find(screen, "set.ui.idle_s").text() == "45" and not screen.bar.isVisible()


def test_weakening_security_needs_a_second_administrator(qtbot, screen):
    click(qtbot, screen, "settingsSection.recognition")
    click(qtbot, screen, "set.recognition.votesMore")
    assert not screen.bar.second.isVisible()
    click(qtbot, screen, "set.recognition.max_false_acceptsMore")
    assert find(screen, "settingsWeakensSecurity").text() == tr("setting.weakens_security_two")
    find(screen, "secondName").setText("둘째")
    qtbot.keyClicks(find(screen, "secondPin"), "482915")
    with qtbot.waitSignal(screen.changed) as kept:
        click(qtbot, screen, "settingsSave")
    assert kept.args[1:] == ["둘째", "482915"] and find(screen, "secondPin").text() == ""
    screen.show_error("error.second_admin")
    assert (
        find(screen, "settingsNote").text() == tr("error.second_admin")
        and find(screen, "settingsSave").isEnabled()
    )
    screen.show_view(replace(VIEW, two_admins=False))
    assert not screen.bar.second.isVisible() and find(
        screen, "settingsWeakensSecurity"
    ).text() == tr("setting.weakens_security")


def test_restart_asks_for_confirmation(qtbot, screen):
    assert "1" in find(screen, "settingsPending").text()
    click(qtbot, screen, "settingsRestart")
    with qtbot.waitSignal(screen.restartRequested):
        click(qtbot, screen, "settingsRestartConfirmYes")


def test_signing_in_clears_unsaved_edits(qtbot, screen):
    click(qtbot, screen, "settingsSection.ui")
    click(qtbot, screen, "set.ui.sound.false")
    screen.reset()
    screen.show_view(VIEW)
    screen.show_all(True)
    click(qtbot, screen, "settingsSection.ui")
    assert screen._drafts == {} and not screen.bar.isVisible()


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(qtbot, qapp, shown, code, size):
    language().use(code)
    screen = shown(SettingsScreen(), *size)
    screen.show_view(VIEW)
    screen.show_all(True)
    for name in VIEW.section_titles:
        screen.chips.set_value(name)
        screen._show_section()
        for line in screen._lines.values():
            if line.setting.kind is SettingKind.WHOLE:
                line.put("x")
        qapp.processEvents()
        assert clipped(screen) == [], name


class Site:
    """The presenter between the page and a real file, log and accounts."""

    def __init__(self, folder: Path, page: SettingsScreen) -> None:
        self.file = folder / "config.toml"
        self.file.write_text("# ours\n[ui]\nsound = true\n", encoding="utf-8")
        self.storage = open_store(folder / "data")
        self.restarts = []
        self.changes = []
        self.context = staff_context()
        self.config = LiveConfig(Config(), self.file)
        self.config.changed.connect(lambda *change: self.changes.append(change))
        self.settings = SettingsChanges(self.context, self.storage, self.config)
        self.presenter = SettingsPresenter(
            page,
            self.context,
            self.settings,
            self.config,
            self.restarts.append,
        )


@pytest.fixture
def site(tmp_path, screen) -> Iterator[Site]:
    made = Site(tmp_path, screen)
    yield made
    made.storage.close()


def test_change_reaches_the_file_the_log_and_the_running_kiosk(qtbot, site, screen):
    screen.opened()
    click(qtbot, screen, "settingsSection.ui")
    click(qtbot, screen, "set.ui.sound.false")
    click(qtbot, screen, "set.ui.reduced_motion.true")
    click(qtbot, screen, "set.ui.idle_sMore")
    click(qtbot, screen, "set.ui.theme.light")
    click(qtbot, screen, "settingsSave")
    text = site.file.read_text("utf-8")
    assert text.startswith("# ours") and "sound = false" in text and "idle_s = 22" in text
    [(before, after)] = site.changes
    assert not needs_new_engine(before, after) and site.config.value == after
    ui = after.ui
    assert (ui.sound, ui.reduced_motion, ui.idle_s, ui.sign_out_s) == (False, True, 22.0, 120.0)
    assert ui.theme == before.ui.theme, "the theme waits for the next start"
    assert (
        "1" in find(screen, "settingsPending").text()
        and find(screen, "set.ui.theme.light").isVisible()
    )
    actions, _ = site.storage.audit_log.query(LogFilter(), 10, 0)
    assert {
        action.detail["setting"]: (action.detail["from"], action.detail["to"]) for action in actions
    } == {
        "ui.sound": ("true", "false"),
        "ui.reduced_motion": ("false", "true"),
        "ui.idle_s": ("20", "22"),
        "ui.theme": ("dark", "light"),
    }
    click(qtbot, screen, "settingsRestart")
    click(qtbot, screen, "settingsRestartConfirmYes")
    assert len(site.restarts) == 1


def test_what_the_test_of_a_reader_proposes_reaches_the_file_and_the_running_kiosk(site, shown):
    card = shown(ReaderTestCard())
    presenter = ReaderTestPresenter(card, site.config, site.settings)
    seen = ReaderPattern("12345", (70.0,) * 5, ("tab",))
    card._typed(seen)
    card.use.click()
    assert "gap_ms = 84" in site.file.read_text("utf-8")
    cards = site.config.value.cards
    assert (cards.gap_ms, cards.min_length) == (84.0, 5)
    assert card.verdict.text() == tr("reader_test.verdict.read")
    site.context.session.account = Account("Ada", AccountRole.STAFF)
    presenter._change({"cards.gap_ms": "90"})
    assert site.config.value.cards.gap_ms == 84.0 and card.verdict.text() == tr("error.admin_only")


def test_engine_settings_apply_at_once_and_command_line_options_stay(qtbot, site, screen):
    site.config.value = replace(Config(), ui=replace(Config().ui, windowed=True, time_factor=2.0))
    screen.opened()
    click(qtbot, screen, "settingsSection.recognition")
    click(qtbot, screen, "set.recognition.votesMore")
    click(qtbot, screen, "settingsSection.door")
    click(qtbot, screen, "set.door.reject_sMore")
    click(qtbot, screen, "settingsSave")
    assert find(screen, "settingsNote").text() == tr("setting.saved")
    assert needs_new_engine(*site.changes[0])
    config = site.config.value
    assert (config.recognition.votes, config.door.reject_s, config.ui.windowed) == (5, 6.4, True), (
        "3.2 s, waited for twice as long"
    )
    assert not screen.pending.isVisible(), "nothing waits for the next start"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recognition.embedder", "nothing"),
        ("camera.source", "/no/such.mp4"),
        ("door.lock", "command"),
        ("door.lock", "http"),
        ("backup.folder", "~nosuch/x"),
        ("backup.folder", "/proc/version/backups"),
        ("camera.source", "~nosuch/x"),
    ],
)
def test_settings_that_prevent_a_start_are_not_saved(qtbot, site, screen, key, value):
    before = site.file.read_text("utf-8")
    screen.opened()
    screen.changed.emit({key: value, "ui.sound": "false"}, "", "")
    assert (
        find(screen, "settingsNote")
        .text()
        .startswith(tr("setting.error.start", setting="?").split("(")[0])
    )
    assert (
        site.file.read_text("utf-8") == before
        and site.storage.audit_log.query(LogFilter(), 10, 0)[1] == 0
    )


def test_taken_port_is_refused_but_free_and_own_ports_are_saved(site, screen):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        screen.opened()
        screen.changed.emit({"health.port": str(port)}, "", "")
        assert str(port) not in site.file.read_text("utf-8")
        site.config.value = replace(Config(), health=HealthConfig(port))
        screen.changed.emit({"health.port": str(port)}, "", "")
        assert f"port = {port}" in site.file.read_text("utf-8"), "the kiosk itself answers there"
    site.config.value = Config()
    screen.changed.emit({"health.port": None}, "", "")
    screen.changed.emit({"health.port": str(port)}, "", "")
    assert f"port = {port}" in site.file.read_text("utf-8")


def test_what_is_set_in_the_file_only_is_shown_with_the_reason_and_no_editor(qtbot, screen):
    for section in VIEW.section_titles:
        click(qtbot, screen, f"settingsSection.{section}")
        for key, line in screen._lines.items():
            words = [label.text() for label in line.findChildren(QLabel)]
            assert (tr(FILE_ONLY) in words) == line.setting.spec.file_only, key
            if line.setting.spec.file_only:
                assert line.findChildren(QLineEdit) == [] and line.draft is None
    click(qtbot, screen, "settingsSection.mqtt")
    assert find(screen, "set.mqtt.host").text() == "localhost"
    assert find(screen, "set.mqtt.user").text() == tr("setting.empty")


def test_a_change_of_what_is_set_in_the_file_only_is_refused_with_the_reason(site, screen):
    before = site.file.read_text("utf-8")
    screen.opened()
    screen.changed.emit({"command.open": '["/bin/sh"]', "ui.sound": "false"}, "", "")
    assert find(screen, "settingsNote").text() == tr(FILE_ONLY)
    assert site.file.read_text("utf-8") == before
    assert site.storage.audit_log.query(LogFilter(), 10, 0)[1] == 0


def test_staff_are_refused_and_a_broken_file_is_reported(qtbot, site, screen):
    site.context.session.account = Account("조교", AccountRole.STAFF, id=2)
    screen.opened()
    assert find(screen, "settingsNote").text() == tr("error.admin_only")
    site.context.session.account = Account("관리자", AccountRole.ADMIN, id=1)
    site.file.write_text("[ui\n")
    screen.opened()
    assert find(screen, "settingsNote").text() == tr("error.config")


@dataclass(frozen=True, slots=True)
class MagnetConfig:
    coil: int = lock_setting(1, "Coil of the magnet", "자석 코일 번호", unit="coil", low=1, high=4)


def test_a_lock_driver_brings_the_title_of_its_table_and_choice(qtbot, screen):
    config = replace(Config(), locks=(LockTable("magnet", "Magnet", "전자석", MagnetConfig()),))
    click(qtbot, screen, "settingsSection.door")
    screen.show_view(SettingsView(settings_of(config)))
    for code, title in (("en", "Magnet"), ("ko", "전자석"), ("en", "Magnet")):
        language().use(code)
        screen.retranslate()
        assert screen.chips.value() == "door"
        assert find(screen, "settingsSection.magnet").text() == title
        assert find(screen, "set.door.lock.magnet").text() == title
    click(qtbot, screen, "settingsSection.magnet")
    assert find(screen, "set.magnet.coil").text() == "1"
    assert "1 – 4 coil" in screen._lines["magnet.coil"].facts.text(), "a unit without a translation"
    screen.reset()
    assert screen.chips.value() == "camera"


def test_every_setting_has_a_name_and_the_simple_ones_exist():
    keys = {setting.key for setting in VIEW.settings}
    assert keys >= SIMPLE
    for code in language_codes():
        missing = {key for key in keys if not catalogue(code).get(f"setting.name.{key}")}
        assert not missing, code


def test_often_used_settings_come_first_and_a_search_finds_all(qtbot, shown):
    screen = shown(SettingsScreen(), 1064, 1200)
    screen.show_view(VIEW)
    click(qtbot, screen, "settingsSection.ui")
    assert set(screen._lines) == {key for key in SIMPLE if key.startswith("ui.")}
    screen.search.setText("자동 로그아웃")
    screen.search.returnPressed.emit()
    assert set(screen._lines) == {"ui.sign_out_s"} and not screen.chips.isVisible()
    screen.search.setText("looks_pause")
    screen.search.returnPressed.emit()
    assert "enrolment.looks_pause_days" in screen._lines, "also what is not often used"
    screen.search.setText("zzzz")
    screen.search.returnPressed.emit()
    assert find(screen, "settingsNothing").isVisible() and not screen._lines
    screen.reset()
    screen.show_view(VIEW)
    assert screen.chips.isVisible() and not screen.search.text()
