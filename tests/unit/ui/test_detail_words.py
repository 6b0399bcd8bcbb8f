"""Details of actions in words: a Korean log shows no codes."""

from __future__ import annotations

import pytest

from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.log.detail_words import detail_name, value_text


@pytest.fixture(autouse=True)
def korean() -> None:
    language().use("ko")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("fields", ["name", "valid_until"], "이름, 출입 종료일"),
        ("role", "graduate", "대학원생"),
        ("role", "admin", "관리자"),
        ("entry", "card", "카드"),
        ("outcome", "REJECT", "거절"),
        ("table", "decisions", "출입"),
        ("lowers", True, "예"),
        ("threshold_after", 0.390625, "0.391"),
        ("before", "distance 0.39", "고정한 거리 0.390"),
        ("after", "target 1", "10,000회 중 최대 1회"),
        ("after", "a stop in order", "정상 종료"),
        ("why", "error.storage_full", "디스크가 가득 찼습니다. 공간을 비워 주세요."),
        ("old", {"role": "student", "valid_from": None}, "구분 학생, 출입 시작일 –"),
        ("now", "2026-03-02T09:41:00+09:00", "2026-03-02 09:41:00"),
        ("rows", 12, "12"),
        ("name", "홍*동", "홍*동"),
    ],
)
def test_values_in_words(name, value, words):
    assert value_text(value, name) == words


def test_names_in_words():
    assert detail_name("door.open_s") == tr("setting.name.door.open_s") != "door.open_s"
    assert detail_name("unheard_of") == "unheard_of"
