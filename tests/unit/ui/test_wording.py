"""The words of the screens: one term for each thing, one style."""

from __future__ import annotations

import re

import pytest

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.core.languages import language_codes
from kiosk.ui.catalogue import catalogue

KOREAN = {
    "출입자": r"(?:등록된|이|그|모르는|알 수 없는|들어온|등록할|찾는|안에 있는) 사람(?!이 아니라)"
    r"|사람 ?(?:등록|삭제|목록|정보|화면|가져오기|번호|\{|\d)|‘사람’|^사람$",
    "인식 모델": r"신경망|^네트워크$|다른 네트워크|이 네트워크",
    "키": "열쇠",
    "PIN": "비밀번호",
    "버튼": "단추",
    "잠금장치": "잠금 장치",
    "출입 QR": "배지|출입 코드",
    "허용": "승인|들어옴",
    "사유": "이유",
    "버전": r"동의문 판|\}판",
    "담당자 or 교직원": r"(?<!교)직원",
    "미등록자": "낯선|외부인",
    "취소": "그대로 둡니다|않습니다$(?<=만들지 않습니다)",
    "테스트, 확인 (시험 is an exam)": r"리더 시험|시험하기|시험해|시험 결과",
    "~해 주세요": r"(?<!주)(?<!들어오)세요",
    "자동으로": "저절로|스스로",
    "95%": r"\d %|\} %",
    "최대 {n}": r"많아야|(?<!길)이만큼",
    "particles by code ({name:은/는})": r"\((?:은|는|이|가|을|를|과|와|으)\)",
}
"""The right term, and what it replaces."""

ENGLISH = {
    "plain words": r"\b(?i:whoever|whatever|anew|manieth|of nobody's|the like)\b",
    "is not a": r"(?<!here )\b(?:is|are) no (?!longer|more)",
    "log entries": r"\brows? of the log\b|\b(?:old|older|newest) rows?\b",
    "by itself, at once": r"\bgo(?:es)? on by itself\b",
    "deleted permanently": r"\bgone for good\b|\bwill be gone\b",
    "threshold": r"\b[Dd]istance .*\blimit\b",
    "95%": r"\d %|\} %",
    "recognition model": r"\b(?:another|better|earlier) network\b|\bnetwork in use\b",
    "access QR": r"\b[Bb]adges?\b|\bentry QR",
    "an amount": r"\bso many\b",
}

ALLOWED = re.compile(r"(?:notify\.|support\.|error\.delivery_|setting\.name\.(?:mqtt|notify)).*")
"""Messages about other programs, whose passwords are no PINs."""


@pytest.mark.parametrize("code", language_codes())
def test_one_term_for_each_thing(code):
    rules = {"ko": KOREAN, "en": ENGLISH}.get(code, {})
    found = [
        f"{key}: {text!r}: write {better}"
        for key, text in catalogue(code).items()
        for better, worse in rules.items()
        if re.search(worse, text) and not (better == "PIN" and ALLOWED.fullmatch(key))
    ]
    assert found == []


def test_settings_use_the_same_terms():
    config = default_config()
    found = [
        f"{key}: {spec.ko!r}: write {better}"
        for key, spec in ((key, config.spec_of(item)) for key, item in config.fields())
        for better, worse in KOREAN.items()
        if better != "PIN" and re.search(worse, spec.ko)  # brokers have passwords
    ]
    assert found == []


def test_a_button_that_keeps_things_says_cancel():
    answers = ("door.look.no", "log.value.no", "privacy.restored.no", "setting.restart_no")
    refusals = {
        key: text
        for key, text in catalogue("ko").items()
        if re.search(r"[._]no$", key) and key not in answers
    }
    assert set(refusals.values()) == {"취소"}
