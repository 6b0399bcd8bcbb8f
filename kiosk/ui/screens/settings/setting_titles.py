"""Titles of tables and choices that a lock driver may bring with it."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.ui.i18n import find_message, language


def title_key(key: str, titles: Mapping[str, str]) -> str:
    """Return ``key`` if it has a message, else the title in the language in use or in English.

    Widgets show a key without a message as it is.
    """
    if find_message(key) or not titles:
        return key
    return titles.get(language().code, titles["en"])
