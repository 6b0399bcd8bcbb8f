"""Lists in the code pages of East Asia are read right, or refused, and never garbled."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.core.errors import StorageError
from kiosk.storage.tabular.code_page_guess import decode_table
from kiosk.storage.tabular.people_sheet import read_people

LISTS = {
    "cp949": ("CP949", ["홍길동", "김철수", "이영희"]),
    "gbk": ("GBK", ["王伟", "李娜", "张敏", "欧阳静"]),
    "cp932": ("Shift-JIS", ["山田 太郎", "佐藤花子", "ﾀﾅｶ ﾐｷ".replace("ﾀﾅｶ ﾐｷ", "たなか みき")]),
    "big5": ("Big5", ["陳志明", "林淑芬", "黃美玲"]),
}


def table(names: list[str], head: str = "number,name") -> str:
    return "\n".join([head, *(f"{row},{name}" for row, name in enumerate(names, 1))])


@pytest.mark.parametrize("codec", LISTS)
@pytest.mark.parametrize("number", [1, 3])
def test_the_code_page_is_told_by_family_names(codec, number):
    name, names = LISTS[codec]
    text = table(names[:number])
    assert decode_table(text.encode(codec), "people.csv") == (text, name)


def test_korean_headers_groups_and_foreign_names_are_korean():
    text = table(["Ada Lovelace,대학원생"], "학번,이름,그룹")
    assert decode_table(text.encode("cp949"), "people.csv") == (text, "CP949")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_no_guess(encoding):
    text = table(["홍길동", "王伟"])
    assert decode_table(text.encode(encoding), "people.csv") == (text, "")


@pytest.mark.parametrize(
    "data",
    [
        table(["Zoë", "José"]).encode("cp1252"),
        table(["Łukasz"]).encode("cp1250"),
        table(["꿹뿱"]).encode("cp949"),
        b"\xff\xfe\xff",
        b"\x00\xd8\x00\xd8",
    ],
)
def test_what_is_unclear_is_refused(data):
    with pytest.raises(StorageError, match=r"people\.csv is not UTF-8.*save it as CSV UTF-8"):
        decode_table(data, "people.csv")


def test_a_sheet_says_what_was_guessed(tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(("sep=;\r\n" + table(["王伟"]).replace(",", ";")).encode("gbk"))
    sheet = read_people(file, date(2026, 3, 2))
    assert (sheet.code_page, [(row.row, row.name) for row in sheet.rows]) == ("GBK", [(2, "王伟")])
