"""Power and brightness: who may, and what is recorded before it happens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kiosk.app.machine.backlight import LEAST, Backlight
from kiosk.app.machine.power_commands import switch_machine
from kiosk.core.errors import KioskError, SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.services.machine_service import MachineService, PowerAction

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)
STAFF = Account("김조교", AccountRole.STAFF, id=2)


class Machine:
    """Records what happens to it."""

    def __init__(self) -> None:
        self.happened: list[object] = []
        self.can = True
        self.service = MachineService(self, self, self.happened.append, lambda: self.can)

    def record(self, event: str, actor: str, detail: Mapping[str, object]) -> None:
        self.happened.append((event, actor, dict(detail)))

    def level(self) -> int | None:
        return 40

    def set_level(self, percent: int) -> None:
        self.happened.append(percent)


def test_each_action_is_recorded_before_it_happens():
    machine = Machine()
    for action in PowerAction:
        machine.service.power(ADMIN, action)
    assert machine.happened == [
        ("power", "관리자", {"action": "restart_program"}),
        ("power", "관리자", {"action": "restart_machine"}),
        PowerAction.RESTART_MACHINE,
        ("power", "관리자", {"action": "switch_off"}),
        PowerAction.SWITCH_OFF,
    ]


def test_without_systemd_only_the_program_is_restarted():
    machine = Machine()
    assert machine.service.actions(ADMIN) == tuple(PowerAction)
    machine.can = False
    assert machine.service.actions(ADMIN) == (PowerAction.RESTART_PROGRAM,)


def test_staff_may_do_none_of_it():
    machine = Machine()
    for call in (
        lambda: machine.service.actions(STAFF),
        lambda: machine.service.power(STAFF, PowerAction.SWITCH_OFF),
        lambda: machine.service.brightness(STAFF),
        lambda: machine.service.set_brightness(STAFF, 50),
    ):
        with pytest.raises(SignInError):
            call()
    assert machine.happened == []


def test_systemd_is_asked_and_a_refusal_is_one_sentence():
    asked: list[list[str]] = []

    def run(words: list[str]) -> str:
        asked.append(list(words))
        return ""

    switch_machine(PowerAction.RESTART_MACHINE, run)
    switch_machine(PowerAction.SWITCH_OFF, run)
    assert [words[-1] for words in asked] == ["reboot", "poweroff"]
    assert all("--no-ask-password" in words for words in asked), "nobody is there to answer"
    with pytest.raises(KioskError, match=r"Interactive authentication required.*polkitd"):
        switch_machine(PowerAction.SWITCH_OFF, lambda _: "Interactive authentication required.")


# the backlight


def backlight(folder: Path, name: str, kind: str, value: int, most: int) -> Path:
    device = folder / name
    device.mkdir(parents=True)
    for file, text in (("type", kind), ("brightness", value), ("max_brightness", most)):
        (device / file).write_text(f"{text}\n")
    return device


def test_the_best_backlight_is_read_and_set(tmp_path: Path):
    backlight(tmp_path, "intel_backlight", "raw", 1, 1500)
    device = backlight(tmp_path, "acpi_video0", "firmware", 5, 10)
    screen = Backlight(tmp_path)
    assert screen.level() == 50
    screen.set_level(80)
    assert (device / "brightness").read_text().strip() == "8" and screen.level() == 80
    screen.set_level(0)
    assert int((device / "brightness").read_text()) >= 1, "never black: nobody could undo it"


def test_a_screen_without_a_backlight_has_no_level(tmp_path: Path):
    assert Backlight(tmp_path / "none").level() is None
    assert Backlight(tmp_path).level() is None
    backlight(tmp_path, "broken", "raw", 0, 0)
    assert Backlight(tmp_path).level() is None
    with pytest.raises(KioskError):
        Backlight(tmp_path / "none").set_level(50)


def test_logind_is_asked_where_the_kernel_lets_only_root(tmp_path: Path):
    device = backlight(tmp_path, "panel", "raw", 100, 200)
    (device / "brightness").unlink()
    (device / "brightness").mkdir()  # cannot be opened for writing, not even by root
    asked: list[list[str]] = []

    def run(words: list[str]) -> str:
        asked.append(list(words))
        return ""

    Backlight(tmp_path, run).set_level(LEAST)
    assert asked[0][-4:] == ["ssu", "backlight", "panel", "10"] and "SetBrightness" in asked[0]
    with pytest.raises(KioskError) as refused:
        Backlight(tmp_path, lambda _: "Access denied").set_level(50)
    assert refused.value.key == "error.brightness"
