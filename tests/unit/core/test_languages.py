"""Languages as folders: reading them, their order and what is wrong with one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.core.languages import (
    default_language,
    language_codes,
    language_info,
    language_names,
    languages,
)
from kiosk.ui.plurals import RULES
from tests.helpers.languages import FRENCH, copy_languages, third_language


def test_the_shipped_languages():
    assert {"ko", "en"} <= set(language_codes()) and default_language() == "ko"
    shipped = {info.code: (info.name, info.short) for info in languages()}
    assert (shipped["ko"], shipped["en"]) == (("한국어", "한"), ("English", "EN"))
    assert all(info.plural in RULES for info in languages())


def test_languages_are_found_by_their_names():
    names = language_names()
    assert {names[name] for name in ("ko", "korean", "한국어")} == {"ko"}
    assert {names[name] for name in ("en", "english", "영어")} == {"en"}


def test_a_folder_adds_a_language(tmp_path: Path):
    before = language_codes()
    with third_language(tmp_path):
        assert language_codes() == ("ko", "en", "fr")
        assert (language_info("fr").voice, language_names()["français"]) == ("fr", "fr")
    assert language_codes() == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "français"', 'name = ""', "name must be a text"),
        ('keyboard = "latin"', 'keyboard = "runes"', "keyboard must be one of"),
        ("order = 3", 'ordre = "3"', "ordre"),
    ],
)
def test_a_bad_description_raises(tmp_path: Path, old: str, new: str, message: str):
    with third_language(tmp_path):
        file = tmp_path / "i18n/fr/language.toml"
        file.write_text(file.read_text("utf-8").replace(old, new), encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            languages()


def test_an_unknown_language_raises():
    with pytest.raises(ValueError, match="unknown language 'xx'"):
        language_info("xx")


def test_a_third_language_is_a_choice_of_the_settings_and_of_the_command_line(tmp_path: Path):
    copy_languages(tmp_path, {"fr": FRENCH})
    code = f"""
from pathlib import Path
import kiosk.core.paths as paths
paths.ASSETS = Path({str(tmp_path)!r})
from kiosk.cli import parser
from kiosk.core.config import Config
from kiosk.core.settings import settings_of
setting = next(s for s in settings_of(Config()) if s.key == "ui.language")
print(setting.choices, parser("run").parse_args(["run", "--lang", "fr"]).lang)
print(setting.choice_titles["fr"]["en"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["('ko', 'en', 'fr') fr", "français"]
