"""A temporary folder of languages with one more, for tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.core import languages
from kiosk.ui.catalogue import catalogue

FRENCH = {
    "language.toml": """
name = "français"
short = "FR"
order = 3
plural = "zero_one"
keyboard = "latin"
voice = "fr"
""",
    "messages.toml": """
[common]
back = "Retour"
date = "{weekday} {day} {month}"

[test.rows]
one = "{n} ligne"
other = "{n} lignes"

[setting.about.ui]
language = "Langue au démarrage"
""",
    "consent.toml": """
[hand_over]
intro = "{name}, votre accord est nécessaire."

[consent.face]
title = "Accord sur le visage"
kept = "{days} jours."
agree = "J'accepte"
""",
}
"""The files of a third language, which lacks most messages."""


def copy_languages(folder: Path, further: Mapping[str, Mapping[str, str]]) -> Path:
    """Copy Korean and English to ``folder``/i18n, add ``further`` and return that folder."""
    copied = folder / "i18n"
    for code in ("ko", "en"):
        shutil.copytree(languages.FOLDER / code, copied / code)
    for code, files in further.items():
        (copied / code).mkdir()
        for name, text in files.items():
            (copied / code / name).write_text(text, encoding="utf-8")
    return copied


@contextmanager
def third_language(folder: Path) -> Iterator[None]:
    """Add French, read from ``folder``/i18n, for the duration of the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "FOLDER", copy_languages(folder, {"fr": FRENCH}))
        _forget()
        yield
    _forget()


def _forget() -> None:
    languages.languages.cache_clear()
    catalogue.cache_clear()
