"""Decode the text of a CSV file, which does not say in which code page it was written.

UTF-8 and UTF-16 with a byte-order mark are certain. Excel in East Asia saves in the code page of
its Windows, and the same bytes are letters in several of them: 李娜 of a Chinese list would be two
odd syllables in a Korean one. What tells them apart in a list of people are the family names.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.core.errors import StorageError

_LOOKED_AT = 100_000
"""Characters of a file that are looked at."""

_HOME = 0.9
"""Least share of the words whose characters a writer of that language would use."""

_CLEAR = 3
"""How many times as many family names as in any other code page make a guess clear."""

_WORD = re.compile(r"[^\W\d_A-Za-z]+")
_HANGUL = re.compile("[가-힣]+")
_HAN = re.compile("[\u4e00-\u9fff]+")
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff\u3005]+")

_KOREAN = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구나민류진지엄채원천방"
    "공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용예봉경사부황보"
)
_KOREAN_WORDS = frozenset(
    ("학번", "사번", "번호", "이름", "성명", "구분", "역할", "신분", "그룹", "동의", "동의일")
)
_SIMPLIFIED = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_SIMPLIFIED_WORDS = frozenset(["姓名", "学号", "工号", "编号", "学生"])
_TRADITIONAL = frozenset(
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐周葉蘇莊呂江何蕭羅高潘簡朱鍾彭游詹胡施沈余盧梁趙顏柯翁魏孫戴"
    "范方宋鄧杜傅侯曹薛丁卓馬阮董唐溫藍蔣石古紀姚連馮歐程湯康田姜汪白鄒尤巫塗龔嚴韓黎袁陸邵伍童金錢"
)
_TRADITIONAL_WORDS = frozenset(["姓名", "學號", "編號", "學生"])


@dataclass(frozen=True, slots=True)
class _CodePage:
    """A code page: its name for people, Python's, and the words that are written in it.

    ``home``: whether a word has only characters that are common there. ``telling``: whether it is a
    name or a header of a list.
    """

    name: str
    codec: str
    home: Callable[[str], bool]
    telling: Callable[[str], bool]


def _fits(codec: str, first: int, last: int) -> Callable[[str], bool]:
    """Return whether all characters lie in the rows ``first`` to ``last`` of a character set."""

    def fits(word: str) -> bool:
        try:
            rows = word.encode(codec)[::2]
        except UnicodeEncodeError:
            return False
        return len(rows) == len(word) and first <= min(rows) and max(rows) <= last

    return fits


def _named(families: frozenset[str], words: frozenset[str]) -> Callable[[str], bool]:
    return lambda word: word in words or (2 <= len(word) <= 4 and word[0] in families)


def _all(*checks: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda word: all(check(word) for check in checks)


_CODE_PAGES = (
    _CodePage(
        "CP949",
        "cp949",
        _all(_HANGUL.fullmatch, _fits("euc_kr", 0xB0, 0xC8)),
        _named(_KOREAN, _KOREAN_WORDS),
    ),
    _CodePage(
        "GBK",
        "gb18030",
        _all(_HAN.fullmatch, _fits("gb2312", 0xB0, 0xF7)),
        _named(_SIMPLIFIED, _SIMPLIFIED_WORDS),
    ),
    _CodePage(
        "Big5",
        "big5",
        _all(_HAN.fullmatch, _fits("big5", 0xA4, 0xF9)),
        _named(_TRADITIONAL, _TRADITIONAL_WORDS),
    ),
    _CodePage("Shift-JIS", "cp932", _all(_JAPANESE.fullmatch), lambda word: len(word) >= 2),
)


def decode_table(data: bytes, name: str) -> tuple[str, str]:
    """Return the text in ``data`` and the code page that was guessed; "" if it is certain.

    Raise ``StorageError``, which calls the file ``name``, if no guess is clear.
    """
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    certain = _decoded(data, "utf-16" if wide else "utf-8-sig")
    if certain is not None:
        return certain, ""
    found = sorted(
        (
            (_telling_words(text, page), page.name, text)
            for page in _CODE_PAGES
            if (text := _decoded(data, page.codec)) is not None
        ),
        reverse=True,
    )
    first, second = [*found, (0, "", ""), (0, "", "")][:2]
    if first[0] and first[0] >= _CLEAR * second[0]:
        return first[2], first[1]
    raise StorageError(
        f"{name} is not UTF-8, and its code page is unclear; save it as CSV UTF-8.",
        key="import.file.encoding",
        file=name,
    )


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _telling_words(text: str, page: _CodePage) -> int:
    """Return the number of different names and headers; 0 if too many words are no words of it."""
    words = frozenset(_WORD.findall(text, 0, _LOOKED_AT))
    at_home = [word for word in words if page.home(word)]
    return sum(map(page.telling, at_home)) if len(at_home) >= _HOME * len(words) else 0
