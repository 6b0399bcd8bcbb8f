"""Message catalogues and languages."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from kiosk.core.decisions import Reason
from kiosk.core.door_state import Hint
from kiosk.core.errors import KioskError
from kiosk.core.paths import ROOT
from kiosk.ui.i18n import LANGUAGES, catalogue, language, other_language, tr, tr_in


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys():
    korean, english = (set(catalogue(code)) for code in LANGUAGES)
    assert korean - english == set()
    assert english - korean == set()


def test_both_languages_have_the_same_placeholders():
    korean, english = (catalogue(code) for code in LANGUAGES)
    differing = [
        key for key in korean if placeholders(korean[key]) != placeholders(english.get(key, ""))
    ]
    assert differing == []


def test_no_message_is_empty():
    assert [
        key for code in LANGUAGES for key, text in catalogue(code).items() if not text.strip()
    ] == []


def test_every_reason_hint_and_error_has_a_message():
    def families(cls: type[KioskError]) -> set[str]:
        return {cls.key}.union(*(families(child) for child in cls.__subclasses__()))

    wanted = families(KioskError)
    wanted |= {f"hint.{hint.value}" for hint in Hint}
    wanted |= {f"reason.{reason.value}.{part}" for reason in Reason for part in ("title", "next")}
    assert wanted - set(catalogue("en")) == set()


def test_every_key_named_in_the_sources_exists():
    families = "common|door|hint|reason|idle|number|sign_in|wizard|error"
    key = re.compile(
        r"(?:tr\(|Label\(|Button\(|set_key\(|set_hint\(|hint=|key=|_fault\()"
        rf'\s*"((?:{families})\.[a-z_.]+)"'
    )
    sources = [
        path
        for path in Path(ROOT / "kiosk").rglob("*.py")
        if path.name not in ("labels.py", "i18n.py")
    ]
    named = {found for path in sources for found in key.findall(path.read_text("utf-8"))}
    assert len(named) > 30
    assert named - set(catalogue("en")) == set()


def test_duplicate_key_raises(tmp_path, monkeypatch):
    folder = tmp_path / "i18n" / "xx"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        (folder / f"{name}.toml").write_text('[door]\nhelp = "?"\n')
    monkeypatch.setattr("kiosk.ui.catalogue.ASSETS", tmp_path)
    with pytest.raises(ValueError, match=r"b.toml says door.help again"):
        catalogue.__wrapped__("xx")


def test_switching_emits_once_and_rejects_unknown_languages(qtbot):
    told: list[str] = []
    language().changed.connect(told.append)
    language().use("en")
    language().use("en")
    assert (told, language().code, other_language()) == (["en"], "en", "ko")
    with pytest.raises(ValueError, match="fr"):
        language().use("fr")
    language().changed.disconnect(told.append)


def test_missing_key_is_returned():
    assert tr("door.no_such_key") == "door.no_such_key"
    assert tr_in("en", "door.verify", number="123") == "Number 123"
