"""The texts of consent name everything that is stored, and what a site states."""

from __future__ import annotations

from dataclasses import replace

from kiosk.core.consent import PARTS, ConsentKind, ConsentTerms
from kiosk.core.consent_texts import SiteTexts
from kiosk.core.languages import language_codes
from kiosk.services.picture_enrolment import MAX_TEMPLATES
from kiosk.storage.people.data_places import PLACES
from kiosk.storage.store import Store
from kiosk.ui.consent_text import consent_text, consent_texts, stored_texts

TERMS = ConsentTerms("문지기대학교", "김조교 02-1234-5678", 77, 13, 4, True, True, "masked")

NAMED_TABLES = {
    "people": ("출입 그룹", "access groups"),
    "person_keys": ("얼굴 특징정보(템플릿)", "face templates"),
    "templates": ("얼굴 특징정보(템플릿)", "face templates"),
    "look_questions": ("물어본 날과 답", "when you were asked"),
    "look_alikes": ("닮은 출입자", "looks like you"),
    "door_pins": ("PIN", "PIN"),
    "cards": ("카드, 출입 QR", "cards, access QR code"),
    "consent_signatures": ("서명: 화면에", "Signature: as drawn"),
    "consents": ("동의 기록", "Consents:"),
    "last_entries": ("마지막 출입일", "day of the last entry"),
    "log": ("출입 기록", "Access log"),
    "log_traces": ("얼굴 비교 결과", "Results of comparisons"),
    "actions": ("관리 기록", "Staff log"),
    "door_tries": ("입력 오류 횟수", "mistyped"),
    "receipts": ("삭제 확인서", "Receipts of deletions"),
}
"""Words that name what a table holds of a person, by language."""

NAMED_PLACES = {
    "database": ("등록 정보", "Enrolment"),
    "backups": ("암호화한 백업", "ncrypted backups"),
    "scratch": ("암호화한 백업", "ncrypted backups"),  # unpacked while a backup is checked
    "restored": ("암호화한 백업", "ncrypted backups"),
    "set-aside": ("따로 보관한 데이터베이스", "databases set aside"),
    "exports": ("내보내기 파일", "exported"),
    "outbox": ("출입문 알림", "Notifications of the door"),
    "staff log": ("관리 기록(이름과 번호 일부를 가림)", "Staff log (name"),
    "imports": ("가져오기 파일", "lists for import"),
}
"""Words that name what a place of the data folder holds of a person, by language."""


def whole(code: str) -> str:
    return "\n".join(text.plain() for text in consent_texts(code, TERMS))


def test_every_table_and_place_with_a_persons_data_is_named(tmp_path):
    with Store.open(tmp_path / "munjigi.db") as store:

        def tables_about_people() -> set[str]:
            sql = store.database.connection
            every = sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            found = {"people", "log", "actions", "door_tries", "log_traces"}
            for (table,) in every:
                columns = {row[1] for row in sql.execute(f"PRAGMA table_info({table})")}
                references = {row[2] for row in sql.execute(f"PRAGMA foreign_key_list({table})")}
                if "person_id" in columns or "people" in references:
                    found.add(table)
            return found

        tables = store.database.call(tables_about_people)
    assert tables == NAMED_TABLES.keys(), "name what the new table holds in the texts of consent"
    places = {place.name for place in PLACES if place.deletion}
    assert places == NAMED_PLACES.keys(), "name what the new place holds in the texts of consent"
    for number, code in enumerate(("ko", "en")):
        text = whole(code)
        for words in (*NAMED_TABLES.values(), *NAMED_PLACES.values()):
            assert words[number] in text


def test_the_texts_state_what_the_settings_say():
    for code in language_codes():
        for text in consent_texts(code, TERMS):
            said = text.plain()
            assert TERMS.controller in said and TERMS.contact in said and "77" in said
            assert [part.name for part in text.parts] == ["controller", *PARTS]
        assert "13" in consent_text(ConsentKind.PERSONAL, code, TERMS).plain()
        face = consent_text(ConsentKind.FACE, code, TERMS).plain()
        assert "4" in face and (str(MAX_TEMPLATES) in face or code != "ko")


def test_what_a_site_does_not_do_is_not_in_the_texts():
    little = ConsentTerms("대학", "전화", 30, 14)
    text = "\n".join(one.plain() for one in consent_texts("ko", little))
    assert not any(word in text for word in ("알림", "재실", "서명", "추가 얼굴"))


def test_doors_that_share_a_list_say_where_the_data_go():
    alone, shared = TERMS, replace(TERMS, fleet=True)
    for code, words, only_here in (
        ("ko", "데이터베이스 서버", "이 기기와 암호화한 백업에만"),
        ("en", "database server", "stay on this device"),
    ):
        for kind in (ConsentKind.PERSONAL, ConsentKind.FACE):
            assert words in consent_text(kind, code, shared).plain()
            assert words not in consent_text(kind, code, alone).plain()
        face = consent_text(ConsentKind.FACE, code, shared).plain()
        assert only_here not in face


def test_a_sites_own_texts_replace_the_parts_and_keep_title_and_question():
    own = {
        code: {kind: dict.fromkeys(PARTS, f"{code} {{days}}일") for kind in ConsentKind}
        for code in language_codes()
    }
    site = SiteTexts(1, own)
    text = consent_text(ConsentKind.FACE, "ko", TERMS, site)
    assert {part.text for part in text.parts[1:]} == {"ko 77일"}
    ours = consent_text(ConsentKind.FACE, "ko", TERMS)
    assert (text.title, text.agree, text.parts[0]) == (ours.title, ours.agree, ours.parts[0])
    assert stored_texts(TERMS, site)[ConsentKind.FACE]["ko"] == text.plain()
