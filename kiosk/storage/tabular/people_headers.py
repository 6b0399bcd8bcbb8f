"""The words of a table of people: names of columns, roles and ways to enter, in both languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from kiosk.core.import_plan import PeopleColumn
from kiosk.core.people import CredentialMode, PersonRole

LONGEST_WORD = 100
"""Characters of a header or a word that are looked at; longer ones are none of ours."""

HEADERS: Mapping[PeopleColumn, tuple[str, ...]] = {
    PeopleColumn.NUMBER: (
        "number",
        "student number",
        "student id",
        "id",
        "학번",
        "사번",
        "번호",
        "학번 또는 사번",
        "학번/사번",
    ),
    PeopleColumn.NAME: ("name", "full name", "이름", "성명"),
    PeopleColumn.ROLE: ("role", "구분", "역할", "신분"),
    PeopleColumn.VALID_FROM: (
        "valid from",
        "from",
        "start",
        "출입 시작일",
        "시작일",
        "유효 시작일",
    ),
    PeopleColumn.VALID_UNTIL: (
        "valid until",
        "until",
        "end",
        "expires",
        "출입 종료일",
        "종료일",
        "유효 종료일",
        "만료일",
    ),
    PeopleColumn.GROUPS: ("groups", "group", "group(s)", "access groups", "그룹", "출입 그룹"),
    PeopleColumn.ENTRY: ("entry", "way in", "출입 방법"),
    PeopleColumn.PERSONAL_CONSENT: (
        "personal consent",
        "personal data consent",
        "개인정보 동의일",
        "필수 동의일",
    ),
    PeopleColumn.CONSENT: (
        "consent",
        "face consent",
        "얼굴 동의일",
        "민감정보 동의일",
        "consent date",
        "consented",
        "동의",
        "동의일",
        "동의 날짜",
        "동의한 날",
    ),
    PeopleColumn.CONSENT_VERSION: ("consent version", "동의서 버전", "동의문 판", "동의문 버전"),
    PeopleColumn.CONSENT_LANGUAGE: ("consent language", "동의서 언어", "동의문 언어"),
}
"""Accepted names of the columns, ignoring case, blanks, hyphens and underscores."""

ROLE_WORDS: Mapping[PersonRole, tuple[str, ...]] = {
    PersonRole.STAFF: ("staff", "교직원", "직원", "교수", "교원", "강사", "faculty", "professor"),
    PersonRole.GRADUATE: (
        "graduate",
        "대학원생",
        "graduate student",
        "grad student",
        "phd student",
        "doctoral student",
        "master student",
        "master's student",
        "대학원",
        "박사과정",
        "석사과정",
        "박사과정생",
        "석사과정생",
        "석박통합과정",
        "석박사통합과정",
        "통합과정",
    ),
    PersonRole.RESEARCHER: (
        "researcher",
        "연구원",
        "research fellow",
        "postdoc",
        "postdoctoral researcher",
        "포닥",
        "박사후연구원",
        "박사후과정",
        "전임연구원",
        "선임연구원",
        "책임연구원",
    ),
    PersonRole.UNDERGRADUATE: (
        "undergraduate",
        "학부생",
        "undergraduate student",
        "undergrad",
        "학부",
        "학사과정",
        "학부연구생",
        "학부인턴",
    ),
    PersonRole.VISITOR: ("visitor", "방문자", "방문객", "guest", "외부인"),
    PersonRole.STUDENT: ("student", "학생"),
}
"""Accepted words in the column of roles; the first two of each are named in an error."""

ENTRIES = {
    "face": CredentialMode.FACE,
    "얼굴": CredentialMode.FACE,
    "pin": CredentialMode.PIN,
    "card": CredentialMode.CARD,
    "카드": CredentialMode.CARD,
}
"""Accepted words in the column of entry."""


_INVISIBLE = frozenset("\ufeff\u200b\u200c\u200d\u2060\u00ad")
"""Characters without a width, which come along when people copy from web pages."""

_MARK = re.compile(r"[*:]+$|\((?:필수|선택|required|optional)\)")
"""What forms write behind the name of a column."""


def visible(text: str) -> str:
    """Return ``text`` without characters that nobody sees."""
    return "".join(character for character in text if character not in _INVISIBLE)


def column_of(header: str) -> PeopleColumn | None:
    """Return the column that ``header`` names; ``None`` if it is unknown."""
    return _BY_HEADER.get(_header_key(header))


def word_key(text: str) -> str:
    """Return ``text`` without case, blanks, hyphens and underscores; empty if it is too long."""
    short = text if len(text) <= LONGEST_WORD else ""
    plain = unicodedata.normalize("NFKC", short).casefold()
    return "".join(character for character in visible(plain) if character not in " _-\t\n\r")


def _header_key(text: str) -> str:
    return _MARK.sub("", word_key(text))


_BY_HEADER = {_header_key(name): column for column, names in HEADERS.items() for name in names}

ROLES = {word_key(word): role for role, words in ROLE_WORDS.items() for word in words}
"""Roles by the ``word_key`` of each accepted word."""

ROLE_CHOICES = tuple(word for words in ROLE_WORDS.values() for word in words[:2])
"""The words that an error names."""
