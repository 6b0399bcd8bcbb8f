"""The table of settings that a lock driver adds to the file.

Each driver declares its own (``kiosk.access.drivers``); core only knows what all have in common.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.core.config.setting_spec import Reload, StartupCheck, setting, spec_of

NO_DRIVER = "log"
"""The ``door.lock`` that needs no driver: it shows and records."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def lock_setting(
    default: Any, en: str, ko: str, *, file_only: bool | None = None, **facts: Any
) -> Any:
    """Declare a setting of a lock driver, as ``setting`` does.

    The driver is tried before it is saved. ``file_only``: by default what is a text or a list
    without choices, which may name a program, a file or an address.
    """
    if file_only is None:
        file_only = isinstance(default, str | tuple) and not facts.get("choices")
    return setting(default, en, ko, startup_check=StartupCheck.LOCK, file_only=file_only, **facts)


@dataclass(frozen=True, slots=True)
class LockTable:
    """The table of one lock driver.

    ``name``: the table, and the value of ``door.lock``. ``en``, ``ko``: what the Settings screen
    calls it. ``settings``: a frozen dataclass of ``lock_setting`` fields. Raises ``ValueError`` if
    a part is missing or cannot be used.
    """

    name: str
    en: str
    ko: str
    settings: Any

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name == NO_DRIVER:
            raise ValueError(f"{self.name!r} cannot be the name of a lock driver")
        if not self.en or not self.ko:
            raise ValueError(f"lock driver {self.name}: give its title in English and in Korean")
        for item in dataclasses.fields(self.settings):
            spec = spec_of(item)
            if spec.startup_check is not StartupCheck.LOCK or spec.reload is not Reload.RESTART:
                raise ValueError(
                    f"lock driver {self.name}: declare {item.name} with lock_setting; it takes "
                    "effect after a restart"
                )

    @property
    def titles(self) -> Mapping[str, str]:
        """What the Settings screen calls the driver, by language."""
        return {"en": self.en, "ko": self.ko}
