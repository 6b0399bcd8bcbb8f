"""Korean particles after Hangul, digits, Latin letters and words of unknown reading."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.hangul import FINALS, INITIALS, VOWELS, syllable
from kiosk.ui.particles import Ending, ending_of, is_pair, with_particle


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        ("홍길동", Ending.CONSONANT),
        ("이산", Ending.CONSONANT),
        ("나라", Ending.VOWEL),
        ("서울", Ending.RIEUL),
        ("값", Ending.CONSONANT),
        ("여덟", Ending.CONSONANT),
        ("0", Ending.CONSONANT),
        ("1", Ending.RIEUL),
        ("2", Ending.VOWEL),
        ("3", Ending.CONSONANT),
        ("4", Ending.VOWEL),
        ("5", Ending.VOWEL),
        ("6", Ending.CONSONANT),
        ("7", Ending.RIEUL),
        ("8", Ending.RIEUL),
        ("9", Ending.VOWEL),
        ("2026-0001", Ending.RIEUL),
        ("0.642", Ending.VOWEL),
        ("1,000", Ending.CONSONANT),
        ("KAIST", Ending.VOWEL),
        ("HTML", Ending.RIEUL),
        ("ROM", Ending.CONSONANT),
        ("LAN", Ending.CONSONANT),
        ("R", Ending.RIEUL),
        ("db", Ending.VOWEL),
        ("people.csv", Ending.VOWEL),
        ("명단.xlsx", Ending.VOWEL),
        ("page.html", Ending.RIEUL),
        ("mail", Ending.RIEUL),
        ("file", Ending.RIEUL),
        ("backup", Ending.CONSONANT),
        ("lab", Ending.CONSONANT),
        ("week", Ending.VOWEL),
        ("phone", Ending.CONSONANT),
        ("code", Ending.VOWEL),
        ("Kim", Ending.CONSONANT),
        ("Jung", Ending.CONSONANT),
        ("Lee", Ending.VOWEL),
        ("/srv/photos", Ending.VOWEL),
        ("95 %", Ending.VOWEL),
        ("ㄱ", Ending.CONSONANT),
        ("ㄹ", Ending.RIEUL),
        ("ㅏ", Ending.VOWEL),
        ("홍길동 (직원)", Ending.CONSONANT),
        ('"나라"', Ending.VOWEL),
        ("홍*", Ending.UNKNOWN),
        ("李", Ending.UNKNOWN),
        ("", Ending.UNKNOWN),
        ("...", Ending.UNKNOWN),
    ],
)
def test_ending(word: str, ending: Ending):
    assert ending_of(word) is ending


@pytest.mark.parametrize(
    ("pair", "consonant", "vowel", "rieul", "unknown"),
    [
        ("은/는", "산은", "나라는", "서울은", "李은(는)"),
        ("이/가", "산이", "나라가", "서울이", "李이(가)"),
        ("을/를", "산을", "나라를", "서울을", "李을(를)"),
        ("과/와", "산과", "나라와", "서울과", "李과(와)"),
        ("으로/로", "산으로", "나라로", "서울로", "李(으)로"),
        ("으로부터/로부터", "산으로부터", "나라로부터", "서울로부터", "李(으)로부터"),
        ("이나/나", "산이나", "나라나", "서울이나", "李(이)나"),
    ],
)
def test_each_particle(pair: str, consonant: str, vowel: str, rieul: str, unknown: str):
    words = ("산", "나라", "서울", "李")
    assert [with_particle(word, pair) for word in words] == [consonant, vowel, rieul, unknown]


@given(st.sampled_from(INITIALS), st.sampled_from(VOWELS), st.sampled_from(FINALS))
def test_every_syllable_follows_its_final_consonant(initial: str, vowel: str, final: str):
    word = syllable(initial, vowel, final)
    assert with_particle(word, "은/는") == word + ("은" if final else "는")
    assert with_particle(word, "으로/로") == word + ("로" if final in ("", "ㄹ") else "으로")


@given(st.text())
def test_any_text_keeps_its_words(word: str):
    assert with_particle(word, "을/를").startswith(word)


@pytest.mark.parametrize("spec", ["", "은", "은/", "a/b", ".2f", "%Y/%m", "one=row;other=rows"])
def test_invalid_pair_is_refused(spec: str):
    assert not is_pair(spec)
    with pytest.raises(ValueError, match="not a pair"):
        with_particle("산", spec)


def test_messages_and_particles_need_no_qt():
    code = "import sys; import kiosk.ui.catalogue; print('PySide6' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
