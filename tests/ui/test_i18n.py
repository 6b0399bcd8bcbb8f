"""Message catalogues and languages."""

from __future__ import annotations

import os
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.core import languages
from kiosk.core.decisions import Reason
from kiosk.core.door_state import Hint
from kiosk.core.errors import KioskError
from kiosk.core.languages import language_codes
from kiosk.core.paths import ROOT
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language, other_language, tr, tr_in
from tests.helpers.languages import FRENCH, copy_languages


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def base_keys(code: str) -> set[str]:
    """The keys of a language, with the forms of a plural as one key."""
    return {re.sub(r"\.(one|few|many|other)$", "", key) for key in catalogue(code)}


def test_all_languages_have_the_same_keys():
    first, *others = language_codes()
    assert [code for code in others if base_keys(code) != base_keys(first)] == []


def test_all_languages_have_the_same_placeholders():
    first, *others = (catalogue(code) for code in language_codes())
    differing = [
        key
        for other in others
        for key in first.keys() & other.keys()
        if placeholders(first[key]) != placeholders(other[key])
    ]
    assert differing == []


def test_no_message_shows_two_forms_of_a_particle():
    both = re.compile(r"[은을이과]\([는를가와]\)|\(으\)로")
    assert [key for key, text in catalogue("ko").items() if both.search(text)] == []


def test_every_format_specification_is_valid():
    for code in language_codes():
        for key, text in catalogue(code).items():
            values = dict.fromkeys(placeholders(text), 3)
            assert "{" not in tr_in(code, key, **values), (code, key)


def test_no_message_is_empty():
    assert [
        key
        for code in language_codes()
        for key, text in catalogue(code).items()
        if not text.strip()
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
    monkeypatch.setattr(languages, "FOLDER", tmp_path / "i18n")
    with pytest.raises(ValueError, match=r"b.toml says door.help again"):
        catalogue.__wrapped__("xx")


def test_switching_emits_once_and_rejects_unknown_languages(qtbot):
    emitted: list[str] = []
    language().changed.connect(emitted.append)
    language().use("en")
    language().use("en")
    assert (emitted, language().code, other_language()) == (["en"], "en", "ko")
    with pytest.raises(ValueError, match="xx"):
        language().use("xx")
    language().changed.disconnect(emitted.append)


def test_missing_key_is_returned():
    assert tr("door.no_such_key") == "door.no_such_key"
    assert tr_in("en", "door.verify", number="123") == "Number 123"


def test_particles_and_plurals_in_messages(monkeypatch):
    monkeypatch.setitem(catalogue("ko"), "test.name", "{name:은/는} {place:으로/로}")
    monkeypatch.setitem(catalogue("en"), "test.rows", "{n} {n:one=row;other=rows}")
    monkeypatch.setitem(catalogue("en"), "test.files.one", "{n} file")
    monkeypatch.setitem(catalogue("en"), "test.files.other", "{n} files")
    assert tr_in("ko", "test.name", name="홍길동", place="서울") == "홍길동은 서울로"
    assert tr_in("ko", "test.name", name="{나라}", place="산") == "{나라}는 산으로"
    assert [tr_in("en", "test.rows", n=n) for n in (1, "1,200")] == ["1 row", "1,200 rows"]
    assert [tr_in("en", "test.files", n=n) for n in (1, 2)] == ["1 file", "2 files"]


def test_a_third_language_is_a_folder(tmp_path):
    folder = copy_languages(tmp_path, {"fr": FRENCH})
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.third_language_screens", str(folder)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
