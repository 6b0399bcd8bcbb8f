"""Change settings: each change is validated, recorded, and only then written to the file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Protocol

from kiosk.core.config import Config, Reload
from kiosk.core.errors import ConfigError, KioskError
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require
from kiosk.core.settings import FILE_ONLY, Setting, SettingsView, settings_of
from kiosk.services.two_admins import TwoAdmins

TWO_ADMINS = "security.two_admins"
"""The setting that is kept in the database too, where it stays on."""


class ConfigFilePort(Protocol):
    """The file of settings."""

    def read(self) -> Config: ...
    def check(self, values: Mapping[str, Any]) -> Config: ...
    def change(self, values: Mapping[str, Any]) -> Config: ...


class TwoAdminRulePort(Protocol):
    """The two-administrator rule in the database, which no edited file switches off."""

    def is_on(self) -> bool: ...
    def turn_on(self) -> None: ...
    def turn_off(self) -> None: ...


class SettingsService:
    """``started_with``: the settings of the last start, to tell which changes are pending.

    ``place``: path of the file, for people. ``rule``: where the two-administrator rule is switched,
    as ``two`` reads it. ``startable``: raises ``KioskError`` if the kiosk could not start with the
    given settings, of which the given keys changed.
    """

    def __init__(
        self,
        file: ConfigFilePort,
        audit: AuditPort,
        two: TwoAdmins,
        rule: TwoAdminRulePort,
        started_with: Config,
        place: str,
        startable: Callable[[Config, Collection[str]], None] = lambda config, keys: None,
    ) -> None:
        self._file = file
        self._audit = audit
        self._two = two
        self._rule = rule
        self._started_with = {setting.key: setting.value for setting in settings_of(started_with)}
        self._place = place
        self._startable = startable

    def view(self, actor: Actor) -> SettingsView:
        """Return all settings as they are in the file and, for two administrators, in force."""
        require(actor, Right.CHANGE_SETTINGS)
        return self._view(self._in_force(self._file.read()))

    def may_restart(self, actor: Actor) -> None:
        """Raise ``SignInError`` unless ``actor`` may restart the kiosk."""
        require(actor, Right.CHANGE_SETTINGS)

    def change(
        self, actor: Actor, texts: Mapping[str, str | None], name: str = "", pin: str = ""
    ) -> tuple[Config, SettingsView]:
        """Store typed values by key, ``None`` for the default; return the settings and the view.

        ``name`` and ``pin``: of the second administrator, where a change weakens security and the
        two-administrator rule is on. Raises ``ConfigError`` or ``SignInError``; nothing is changed
        then.
        """
        require(actor, Right.CHANGE_SETTINGS)
        known = {setting.key: setting for setting in settings_of(self._in_force(self._file.read()))}
        values = {key: _value(known, key, text) for key, text in texts.items()}
        changed = {
            key: (known[key], value) for key, value in values.items() if value != known[key].value
        }
        lines = {
            key: None if value == setting.default else value
            for key, (setting, value) in changed.items()
        }
        self._startable(self._file.check(lines), changed.keys())
        by = self._by(actor, changed.values(), name, pin)
        for key, (setting, value) in changed.items():
            self._audit.record(
                "setting_changed",
                by,
                {"setting": key, "from": setting.words(setting.value), "to": setting.words(value)},
            )
        try:
            config = self._file.change(lines)
        except KioskError as error:
            if changed:
                self._audit.record(
                    "settings_not_written", by, {"setting": ", ".join(changed), "why": error.key}
                )
            raise
        if TWO_ADMINS in changed:
            (self._rule.turn_on if values[TWO_ADMINS] else self._rule.turn_off)()
        config = self._in_force(config)
        return config, self._view(config)

    def _by(
        self,
        actor: Actor,
        changes: Collection[tuple[Setting, Any]],
        name: str,
        pin: str,
    ) -> str:
        """Return who acts, as the audit log names them; raise if a second one must agree."""
        weakens = any(setting.weakened_by(value) for setting, value in changes)
        return self._two.agreed(actor, name, pin) if weakens else actor.name

    def _in_force(self, config: Config) -> Config:
        """Return ``config`` with the two-administrator rule of the database, if that is on."""
        if not self._rule.is_on():
            return config
        return config.with_table("security", replace(config.security, two_admins=True))

    def _view(self, config: Config) -> SettingsView:
        settings = settings_of(config)
        pending = frozenset(
            setting.key
            for setting in settings
            if setting.spec.reload is Reload.RESTART
            and setting.value != self._started_with[setting.key]
        )
        return SettingsView(settings, pending, self._two.required, self._place)


def _value(known: Mapping[str, Setting], key: str, text: str | None) -> Any:
    if key not in known:
        raise ConfigError(f"There is no setting {key}; choose one that is shown.")
    if known[key].spec.file_only:
        raise ConfigError(
            f"{key} can be changed in the settings file only; edit that, and restart the kiosk.",
            key=FILE_ONLY,
        )
    return known[key].default if text is None else known[key].parse(text)
