"""What is known of one setting, declared beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from enum import StrEnum
from typing import Any, Literal

SPEC = "spec"
"""Key of the ``SettingSpec`` in a field's metadata."""

Weakens = Literal["", "up", "down", "off", "any"]
"""Which changes make the door less strict, or stored data less safe."""


class Reload(StrEnum):
    """When a changed setting takes effect."""

    LIVE = "live"
    """At once."""
    ENGINE = "engine"
    """At once: networks and door are built again, which takes a moment."""
    RESTART = "restart"
    """After the next start."""


class StartupCheck(StrEnum):
    """What is tried before a change is saved, because the next start would fail with it."""

    WEIGHTS = "recognition"
    CAMERA = "camera"
    LOCK = "door"
    BACKUPS = "backup"
    PORT = "health"


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """Everything about one setting except its type and default, which are the field's own.

    ``en``, ``ko``: what it does, as the Settings screen and docs/settings.md say it.
    ``low``, ``high``: inclusive bounds of a number. ``step``: it must be ``low`` plus a multiple of
    this; 0 for any number between them.
    ``parts``: allowed texts in a list; empty for any.
    ``at_most``, ``below``: name of another setting of the same table that bounds this one.
    ``weakens_security``: changes that need two administrators where the settings ask for two.
    ``renamed_from``: the key that older files use, as ``table.name``.
    ``file_only``: never changed on the Settings screen: names a program, where rules or keys lie,
    or the address of the lock; changing it is as good as having the kiosk's user, its keys or
    the door.
    ``secret``: its value is never shown, only whether there is one.
    ``pattern``: a regular expression that each text of a list matches as a whole, as ``example``
    does.
    ``names_driver``: the lock drivers are choices too (``Config.spec_of`` adds them).

    Raises ``ValueError`` where a description is missing or the bounds are not an interval.
    """

    en: str
    ko: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: int = 0
    choices: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    at_most: str = ""
    below: str = ""
    reload: Reload = Reload.RESTART
    startup_check: StartupCheck | None = None
    weakens_security: Weakens = ""
    renamed_from: str = ""
    names_driver: bool = False
    file_only: bool = False
    secret: bool = False
    pattern: str = ""
    example: str = ""

    def __post_init__(self) -> None:
        if not self.en or not self.ko:
            raise ValueError("a setting needs a description in English and in Korean")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.en}: a lower bound needs an upper one")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"{self.en}: {self.low} is not below {self.high}")

    @property
    def descriptions(self) -> Mapping[str, str]:
        """What the setting does, by language."""
        return {"en": self.en, "ko": self.ko}

    def within_bounds(self, value: Any) -> bool:
        """Whether ``value`` is within the bounds, if there are any; NaN is not."""
        if self.low is None or self.high is None:
            return True
        return self.low <= value <= self.high and not (self.step and (value - self.low) % self.step)

    @property
    def steps(self) -> str:
        """The values that a number with a ``step`` may have, as text; empty for other settings."""
        if not self.step or self.low is None or self.high is None:
            return ""
        return ", ".join(map(str, range(int(self.low), int(self.high) + 1, self.step)))


def setting(default: Any, en: str, ko: str, **facts: Any) -> Any:
    """Return a dataclass field with ``default`` and a ``SettingSpec`` of the other arguments."""
    return field(default=default, metadata={SPEC: SettingSpec(en, ko, **facts)})


def spec_of(item: Field[Any]) -> SettingSpec:
    """Return what ``setting`` declared for ``item``."""
    spec = item.metadata[SPEC]
    assert isinstance(spec, SettingSpec)
    return spec
