"""Attacks by an administrator at the screen on the machine behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.core.errors import KioskError
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import Actor
from kiosk.core.settings import Setting, settings_of
from kiosk.services.settings_service import SettingsService
from kiosk.services.two_admins import TwoAdmins
from kiosk.storage.config_file import ConfigFile
from kiosk.storage.db.timestamps import local_now
from tests.attacks.table import Outcome, attack

SHELL = "/bin/sh"
DANGEROUS = ("command", "mqtt", "http", "serial", "security")
"""Tables that name programs, addresses of locks, files with secrets and the folder of the keys."""
BY_NAME = ("host", "topic", "url", "port", "usb", "tls", "user", "ca_file", "open", "close", "help")


@attack("B7", "set programs, key folders and locks with a PIN at the screen", tries=60, short=20)
def set_on_screen(folder: Path, tries: int) -> Outcome:
    """Type into each such setting, alone and with others, and look what is in the file."""
    path = folder / "config.toml"
    service = office(path)
    actor: Actor = Account("관리자", AccountRole.ADMIN, True, local_now(), 1)
    taken: set[str] = set()
    succeeded = 0
    typed = list(attempts())
    for number in range(tries):
        setting, text = typed[number % len(typed)]
        texts = {setting.key: text} | ({"ui.sound": "false"} if number % 2 else {})
        before = ConfigFile(path, default_config()).read()
        with contextlib.suppress(KioskError):
            service.change(actor, texts)
        after = ConfigFile(path, default_config()).read()
        if value_of(after, setting) != value_of(before, setting):
            taken.add(setting.key)
            succeeded += 1
        path.unlink(missing_ok=True)
    return tries, succeeded, ", ".join(sorted(taken)) or f"{len(typed)} settings and values"


def office(path: Path) -> SettingsService:
    """Return the service behind the Settings screen, on a real file, without a second person."""
    return SettingsService(
        ConfigFile(path, default_config()),
        Nothing(),
        TwoAdmins(lambda: False, nobody, local_now),
        Nothing(),
        default_config(),
        str(path),
    )


class Nothing:
    """An audit log that keeps nothing, and a rule that is off."""

    def record(self, event: str, actor: str, detail: object) -> None:
        """Record nothing."""

    def is_on(self) -> bool:
        """Return that one administrator is enough."""
        return False

    def turn_on(self) -> None:
        """Do nothing."""

    def turn_off(self) -> None:
        """Do nothing."""


def nobody(name: str, pin: str) -> Account:
    """Refuse everybody as the second administrator."""
    raise AssertionError("nobody is asked")


def attempts() -> Iterator[tuple[Setting, str]]:
    """Yield settings with what an attacker would type."""
    for setting in settings_of(default_config()):
        _, _, name = setting.key.partition(".")
        if setting.section not in DANGEROUS and setting.key != "door.policy":
            continue
        if isinstance(setting.default, tuple):
            yield setting, f'["{SHELL}", "-c", "id"]'
        elif name in BY_NAME or name.endswith(("_file", "_folder", "_store", "policy")):
            yield setting, attacker_value(setting)


def attacker_value(setting: Setting) -> str:
    """Return a valid value other than the default."""
    if setting.choices:
        return next(choice for choice in setting.choices if choice != setting.default)
    if isinstance(setting.default, bool):
        return str(not setting.default).lower()
    if isinstance(setting.default, int):
        return str(setting.default + 1)
    return "/media/stick/mine"


def value_of(config: object, setting: Setting) -> object:
    """Return the value of ``setting`` in ``config``."""
    section, _, name = setting.key.partition(".")
    return getattr(config.tables[section], name)  # type: ignore[attr-defined]
