"""Two languages, switched while running: ``tr("door.accept.title", name="홍*동")``.

Catalogues are TOML files in assets/i18n/<language>, one a group of screens, with dotted keys as nested
tables. They are keyed (not Qt's .ts) because messages come from rooms without Qt, the door shows both languages at
once, and a test can then prove that both have the same keys and placeholders.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, Signal

from kiosk.ui.catalogue import LANGUAGES as LANGUAGES
from kiosk.ui.catalogue import catalogue as catalogue


class Language(QObject):
    """The language in use; ``changed`` tells every screen to set its words again."""

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.code = "ko"

    def use(self, code: str) -> None:
        """Switch to ``code``, one of ``LANGUAGES``."""
        if code not in LANGUAGES:
            raise ValueError(f"unknown language {code!r}")
        if code != self.code:
            self.code = code
            self.changed.emit(code)


@cache
def language() -> Language:
    """The one language of this process."""
    return Language()


def tr(key: str, /, **values: object) -> str:
    """The message ``key`` in the language in use, with ``values`` filled in."""
    return tr_in(language().code, key, **values)


def find_message(key: str) -> str:
    """The message ``key`` in the language in use, empty where there is none."""
    return catalogue(language().code).get(key, "")


def other_language() -> str:
    """The language that is not in use: the door shows it small beneath."""
    return LANGUAGES[1 - LANGUAGES.index(language().code)]


def tr_in(code: str, key: str, /, **values: object) -> str:
    """The message ``key`` in language ``code``; a missing key shows itself, so that nothing is blank."""
    text = catalogue(code).get(key, key)
    return text.format(**values) if values else text
