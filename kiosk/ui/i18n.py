"""The interface language, switched while running: ``tr("door.accept.title", name="홍*동")``.

Messages are keyed TOML catalogues (not Qt's .ts) because rooms without Qt have messages too, the
door shows two languages at once, and a test can prove that all languages have the same keys and
placeholders.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, Signal

from kiosk.core.languages import default_language, language_codes
from kiosk.ui import catalogue as messages
from kiosk.ui.catalogue import tr_in as tr_in


class Language(QObject):
    """The language in use; ``changed`` is emitted when it changes."""

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.code = default_language()

    def use(self, code: str) -> None:
        """Switch to ``code``; raises ``ValueError`` where there is no such language."""
        if code not in language_codes():
            raise ValueError(f"unknown language {code!r}")
        if code != self.code:
            self.code = code
            self.changed.emit(code)


@cache
def language() -> Language:
    """Return the language of this process."""
    return Language()


def tr(key: str, /, **values: object) -> str:
    """Return the message ``key`` in the language in use, with ``values`` filled in."""
    return tr_in(language().code, key, **values)


def find_message(key: str) -> str:
    """Return the message ``key`` in the language in use, or an empty string."""
    return messages.find_message(language().code, key)


def other_language() -> str:
    """Return the second language of the door: the default one, unless that is in use."""
    codes = language_codes()
    return next((code for code in codes if code != language().code), codes[0])
