"""When consents have to be asked again, and a site's own texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.core.consent import (
    PARTS,
    Consent,
    ConsentKind,
    ConsentTerms,
    changed_materially,
    require_consents,
)
from kiosk.core.consent_texts import read_site_texts
from kiosk.core.errors import ConfigError, EnrolError

TERMS = ConsentTerms("대학", "전화", 90, 14, 3)
NOW = datetime(2026, 12, 1, tzinfo=UTC)
BOTH = (ConsentKind.PERSONAL, ConsentKind.FACE)


@pytest.mark.parametrize(
    ("changes", "asked_again"),
    [
        ({}, ()),
        ({"contact": "다른 전화", "log_days": 30, "backup_days": 7, "looks": 0}, ()),
        ({"controller": "다른 대학"}, tuple(ConsentKind)),
        ({"log_days": 91}, tuple(ConsentKind)),
        ({"backup_days": 15}, (ConsentKind.PERSONAL,)),
        ({"notified": "masked"}, (ConsentKind.PERSONAL,)),
        ({"fleet": True}, (ConsentKind.PERSONAL, ConsentKind.FACE)),
        ({"looks": 4}, (ConsentKind.FACE,)),
        ({"editions": {**TERMS.editions, ConsentKind.FACE: "2"}}, (ConsentKind.FACE,)),
    ],
)
def test_only_a_material_change_asks_again(changes, asked_again):
    now = replace(TERMS, **changes)
    agreed = TERMS.document()
    assert tuple(k for k in ConsentKind if changed_materially(k, agreed, now)) == asked_again


def test_a_consent_to_everything_is_asked_for_again():
    assert all(changed_materially(kind, old, TERMS) for kind in ConsentKind for old in ({}, None))


def test_what_is_asked_for():
    assert TERMS.kinds() == BOTH and TERMS.kinds(face=False) == (ConsentKind.PERSONAL,)
    assert replace(TERMS, attendance=True).kinds(face=False) == (
        ConsentKind.PERSONAL,
        ConsentKind.ATTENDANCE,
    )


def test_the_required_consent_is_required():
    require_consents([Consent(ConsentKind.PERSONAL, NOW)])
    with pytest.raises(EnrolError, match="personal data first"):
        require_consents([Consent(ConsentKind.FACE, NOW)])


def site_file(folder: Path, change: tuple[str, str] = ("", "")) -> Path:
    lines = ["edition = 2"]
    for code in ("ko", "en"):
        for kind in BOTH:
            lines.append(f"[{code}.{kind}]")
            lines += [f'{part} = "{code} {kind} {part} {{days}}"' for part in PARTS]
    text = "\n".join(lines)
    assert change[0] in text
    file = folder / "consent.toml"
    file.write_text(text.replace(*change) if change[0] else text, encoding="utf-8")
    return file


def test_a_sites_own_texts_are_read(tmp_path):
    texts = read_site_texts(site_file(tmp_path), ("ko", "en"), BOTH)
    assert texts.edition == 2
    assert texts.texts["en"][ConsentKind.FACE]["kept"] == "en face kept {days}"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('kept = "ko face kept {days}"', ""), "the part ko.face.kept is missing"),
        (('"ko face kept {days}"', '" "'), "the part ko.face.kept is missing"),
        (("[en.face]", "[fr.face]"), r"unknown table \[fr\]"),
        (("[en.face]", "[en.voice]"), r"unknown table \[en.voice\]"),
        (("edition = 2", ""), "edition must be a whole number"),
        (("edition = 2", "edition = true"), "edition must be a whole number"),
        (("items =", "item ="), "unknown part item"),
        (("ko face kept {days}", "ko face kept {day}"), "ko.face.kept has braces that name"),
        (("ko face kept {days}", "ko {days.real.x}"), "ko.face.kept has braces that name"),
        (("ko face kept {days}", "ㅁ" * 4001), "ko.face.kept is longer than 4000"),
        (("edition = 2", "edition = "), "is not valid TOML"),
    ],
)
def test_a_bad_file_of_texts_is_refused_with_one_sentence(tmp_path, change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        read_site_texts(site_file(tmp_path, change), ("ko", "en"), BOTH)


def test_a_language_or_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no texts in the language fr"):
        read_site_texts(site_file(tmp_path), ("ko", "en", "fr"), BOTH)
    with pytest.raises(ConfigError, match="no text of the consent attendance in the language ko"):
        read_site_texts(site_file(tmp_path), ("ko", "en"), tuple(ConsentKind))
    with pytest.raises(ConfigError, match="There is no file"):
        read_site_texts(tmp_path / "none.toml", ("ko", "en"), BOTH)
