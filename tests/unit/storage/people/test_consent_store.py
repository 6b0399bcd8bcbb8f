"""Consents: dated and versioned; a withdrawal deletes the face and nothing else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlite_utils

from kiosk.core.consent import Consent, ConsentKind, ConsentTerms
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import CredentialMode, Person
from kiosk.core.templates import Match
from kiosk.core.voting_trace import VotingRule, pack
from kiosk.storage.backup import backup_file
from kiosk.storage.db import schema_steps
from kiosk.storage.people import consent_store, deletion_receipts
from kiosk.storage.people.consent_store import ConsentStore
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.people.subject_access import own_data
from kiosk.storage.store import Store
from tests.unit.storage.samples import (
    MORNING,
    decision,
    master_of,
    plain_database,
    taken_until,
    template,
)

HONG = Person("2026-0001", "홍길동", consented_at=MORNING, consent_language="ko")


@pytest.fixture
def people(store: Store) -> PeopleStore:
    return store.using(lambda: MORNING).people


@pytest.fixture
def consents(store: Store) -> ConsentStore:
    return store.using(lambda: MORNING).consents


def both(ko: str, en: str, **more: str) -> dict[ConsentKind, dict[str, str]]:
    return {ConsentKind.FACE: {"ko": ko, "en": en, **more}}


def test_each_text_is_kept_with_its_version(consents: ConsentStore) -> None:
    assert [
        consents.publish(both(*text))
        for text in (("하나", "one"), ("하나", "one"), ("둘", "two"), ("하나", "one"))
    ] == [1, 1, 2, 1]
    assert consents.texts(1) == both("하나", "one") and consents.texts(2) == both("둘", "two")


def test_a_further_language_is_a_new_version_with_a_text_of_its_own(
    people: PeopleStore, consents: ConsentStore, store: Store
) -> None:
    assert consents.publish(both("하나", "one")) == 1
    assert consents.publish(both("하나", "one", fr="un")) == 2
    assert consents.publish(both("하나", "one", fr="un")) == 2
    anne = people.add_with_templates(replace(HONG, consent_language="fr"), [template(1)])
    unknown = people.add_with_templates(
        replace(HONG, number="2", consent_language=""), [template(2)]
    )
    texts = [own_data(store, p.id or 0, MORNING)["consents"][0]["text"] for p in (anne, unknown)]
    assert texts == ["un", "하나\n\none\n\nun"]
    with pytest.raises(ValueError, match="one language at least"):
        consents.publish({})
    with pytest.raises(ValueError, match="all in the same"):
        consents.publish(both("하나", "one") | {ConsentKind.PERSONAL: {"ko": "하나"}})


def test_texts_and_consents_of_an_older_program_keep_version_and_language(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0012_liveness"))
        path.parent.mkdir(parents=True, exist_ok=True)
        older = sqlite_utils.Database(sqlite3.connect(path))
        schema_steps.steps.apply(older)
    raw = older.conn
    raw.commit()
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute(
        "INSERT INTO people (number, name, folded, role, enabled, created_at)"
        " VALUES ('1', '이산', '이산', 'student', 1, ?)",
        [MORNING.isoformat()],
    )
    for version, (ko, en) in enumerate((("하나", "one"), ("둘", "two")), 1):
        raw.execute(
            "INSERT INTO consent_texts VALUES (?, ?, ?, ?)", [version, ko, en, MORNING.isoformat()]
        )
        for language in ("ko", "en", ""):
            raw.execute(
                "INSERT INTO consents (person_id, version, language, given_at) VALUES (1, ?, ?, ?)",
                [version, language, MORNING.isoformat()],
            )
    raw.execute("INSERT INTO settings VALUES ('consent.version', '2')")
    raw.commit()
    schema_steps.steps.apply(older)
    rows = consent_store.history(raw, 1)
    assert [(row["version"], row["language"], row["text"]) for row in rows] == [
        (1, "ko", "하나"),
        (1, "en", "one"),
        (1, "", "하나\n\none"),
        (2, "ko", "둘"),
        (2, "en", "two"),
        (2, "", "둘\n\ntwo"),
    ]
    assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    raw.execute("DELETE FROM people")
    assert raw.execute("SELECT count(*) FROM consents").fetchone()[0] == 0
    raw.close()


def test_a_consent_is_to_the_text_in_force(people: PeopleStore, consents: ConsentStore) -> None:
    consents.publish(both("하나", "one"))
    first = people.add_with_templates(HONG, [template(1)])
    consents.publish(both("둘", "two"))
    second = people.add_with_templates(
        replace(HONG, number="2", consent_language="en"), [template(2)]
    )
    assert [(p.consented_at, p.consent_version, p.consent_language) for p in (first, second)] == [
        (MORNING, 1, "ko"),
        (MORNING, 2, "en"),
    ]
    consents.publish(both("하나", "one"))
    again = people.enrol_again(
        replace(second, consented_at=MORNING + timedelta(days=1)), [template(3)]
    )
    assert again.consent_version == 1
    assert people.update(again).consent_version == 1  # a changed name is not a new consent


def test_without_consent_nothing_is_written_down(people: PeopleStore) -> None:
    person = people.add(Person("1", "이산", entry=CredentialMode.CARD))
    assert (person.consented_at, person.consent_version, person.entry, person.templates) == (
        None,
        None,
        CredentialMode.CARD,
        0,
    )


def test_taking_it_back_deletes_the_face_and_keeps_the_person(
    people: PeopleStore, store: Store, path: Path
) -> None:
    hong = people.add_with_templates(HONG, [template(1, dimension=64)])
    [sealed] = store.database.call(
        lambda: store.database.connection.execute("SELECT sealed FROM templates").fetchall()
    )
    copy = store.backups.make("x", MORNING)
    receipt = people.withdraw(hong.id or 0, "관리자")
    left = people.get(hong.id or 0)
    assert left == replace(
        hong,
        templates=0,
        consented_at=None,
        consent_language="",
        consent_version=None,
        entry=CredentialMode.PIN,
        consents=(),
    )
    assert people.templates("net") == []
    assert not [
        file for file in path.parent.rglob("*") if file.is_file() and sealed[0] in file.read_bytes()
    ]
    assert backup_file.person_keys(copy, master_of(path, copy))[hong.id] == backup_file.FACE_GONE
    statement = deletion_receipts.verified(receipt.document)
    assert statement["deleted"] == "face" and statement["consent"]["given_at"] == MORNING.isoformat(
        timespec="microseconds"
    )


def test_consent_can_be_given_again_after_a_withdrawal(people: PeopleStore, store: Store) -> None:
    hong = people.add_with_templates(HONG, [template(1)])
    people.withdraw(hong.id or 0)
    back = people.enrol_again(
        replace(hong, consented_at=MORNING + timedelta(days=1), entry=CredentialMode.FACE),
        [template(2)],
    )
    assert (back.entry, back.templates, back.consented_at) == (
        CredentialMode.FACE,
        1,
        MORNING + timedelta(days=1),
    )
    np.testing.assert_array_equal(people.templates("net")[0].vector, template(2).vector)
    history = own_data(store, hong.id or 0, MORNING)["consents"]
    assert [bool(c["withdrawn_at"]) for c in history] == [True, False]


def test_entry_by_card_stays_after_a_withdrawal(people: PeopleStore) -> None:
    hong = people.add_with_templates(replace(HONG, entry=CredentialMode.CARD), [template(1)])
    people.withdraw(hong.id or 0)
    assert people.get(hong.id or 0).entry is CredentialMode.CARD


def test_consents_of_an_older_program_are_kept_without_a_version(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0002_embedders_by_checksum"))
        plain_database(path, [("net", template(1))])
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE people SET consented_at = ?", [MORNING.isoformat()])
    with Store.open(path) as store:
        [person], _ = store.people.search("", 9, 0)
        assert (person.consented_at, person.consent_version) == (MORNING, None)
        [given] = own_data(store, person.id or 0, MORNING)["consents"]
        assert given["text"] is None and given["given_at"] == MORNING.isoformat()


PERSONAL = Consent(ConsentKind.PERSONAL, MORNING, "en")


def test_the_consents_are_kept_and_withdrawn_apart(
    people: PeopleStore, consents: ConsentStore, store: Store
) -> None:
    consents.publish(
        both("얼굴", "face") | {ConsentKind.PERSONAL: {"ko": "정보", "en": "data"}},
        ConsentTerms("문지기대학교"),
    )
    assert consents.terms(1)["controller"] == "문지기대학교" and consents.version_in_force() == 1
    hong = people.add_with_templates(replace(HONG, consents=(PERSONAL,)), [template(1)])
    assert hong.consents == (
        replace(PERSONAL, version=1),
        Consent(ConsentKind.FACE, MORNING, "ko", 1),
    )
    people.withdraw(hong.id or 0)
    left = people.get(hong.id or 0)
    assert left is not None and left.consents == (replace(PERSONAL, version=1),)
    history = own_data(store, hong.id or 0, MORNING)["consents"]
    assert [(one["about"], one["text"], bool(one["withdrawn_at"])) for one in history] == [
        (["personal"], "data", False),
        (["face"], "얼굴", True),
    ]
    receipt = people.delete(hong.id or 0, because="consent_withdrawn")
    statement = deletion_receipts.verified(receipt.document)
    assert [one["about"] for one in statement["consents"]] == ["personal"]
    action = store.audit_log.query(LogFilter(), 1, 0)[0][0]
    assert (action.event, action.detail["because"]) == ("person_deleted", "consent_withdrawn")


def test_a_consent_to_everything_covers_what_it_said(
    people: PeopleStore, consents: ConsentStore, store: Store
) -> None:
    hong = people.add_with_templates(HONG, [template(1)])

    def make_old() -> None:
        with store.database.transaction():
            store.database.connection.execute("UPDATE consents SET kind = NULL")

    store.database.call(make_old)
    old = people.get(hong.id or 0)
    assert old is not None
    assert [given.kind for given in old.consents] == [ConsentKind.PERSONAL, ConsentKind.FACE]
    assert all(consents.consented_since(given.kind).keys() == {hong.id} for given in old.consents)
    assert consents.consented_since(ConsentKind.ATTENDANCE) == {}
    assert people.update(replace(old, name="홍길순")).consents == old.consents
    people.withdraw(hong.id or 0)
    left = people.get(hong.id or 0)
    assert left is not None and [given.kind for given in left.consents] == [ConsentKind.PERSONAL]
    assert left.consents[0].given_at == MORNING


def test_a_consent_that_is_given_again_is_in_force_since_the_first(
    people: PeopleStore, consents: ConsentStore
) -> None:
    san = people.add(Person("2", "이산", entry=CredentialMode.PIN)).id or 0

    def give(day: int) -> None:
        at = MORNING + timedelta(days=day)
        people.give_consents(san, [Consent(ConsentKind.ATTENDANCE, at, "ko")])

    give(1)
    give(5)
    assert consents.consented_since(ConsentKind.ATTENDANCE) == {san: MORNING + timedelta(days=1)}
    people.withdraw_other(san, ConsentKind.ATTENDANCE)
    give(9)
    assert consents.consented_since(ConsentKind.ATTENDANCE) == {san: MORNING + timedelta(days=9)}


def test_consents_are_given_again_without_a_capture(
    people: PeopleStore, consents: ConsentStore, store: Store
) -> None:
    consents.publish(both("하나", "one"))
    hong = people.add_with_templates(HONG, [template(1)])
    consents.publish(both("둘", "two"))
    later = MORNING + timedelta(days=9)
    given = [Consent(kind, later, "en") for kind in ConsentKind]
    again = people.give_consents(hong.id or 0, given)
    assert [(one.kind, one.version, one.language) for one in again.consents] == [
        (kind, 2, "en") for kind in ConsentKind
    ]
    assert (again.consented_at, again.templates, again.enabled) == (later, 1, True)
    assert consents.consented_since(ConsentKind.ATTENDANCE).keys() == {hong.id}
    people.withdraw_other(hong.id or 0, ConsentKind.ATTENDANCE)
    assert consents.consented_since(ConsentKind.ATTENDANCE) == {}
    san = people.add(Person("2", "이산", entry=CredentialMode.PIN))
    with pytest.raises(StorageError, match="no face enrolled"):
        people.give_consents(san.id or 0, given)
    assert people.get(san.id or 0) == san


def test_an_unknown_version_is_named_with_the_known_ones(consents: ConsentStore) -> None:
    consents.publish(both("하나", "one"))
    with pytest.raises(StorageError, match="no version 7 of the consent texts; known versions: 1"):
        consents.texts(7)


def test_own_data_contain_everything_about_one_person_only(
    people: PeopleStore, consents: ConsentStore, store: Store
) -> None:
    consents.publish(both("보여 준 글", "the text shown"))
    hong = people.add_with_templates(
        HONG, [template(1, dimension=8), template(2, dimension=8, pose="left")]
    )
    san = people.add_with_templates(replace(HONG, number="2", name="이산"), [template(3)])
    log = store.access_log
    for who in (hong, san, hong):
        log.append(decision(person_id=who.id, person_name=who.name, person_number=who.number))
    data = json.loads(json.dumps(own_data(store, hong.id or 0, MORNING)))
    assert data["person"]["name"] == "홍길동" and data["consents"][0]["text"] == "보여 준 글"
    assert [t["pose"] for t in data["templates"]] == ["front", "left"]
    np.testing.assert_array_equal(
        np.array(data["templates"][0]["vector"], np.float32), template(1, dimension=8).vector
    )
    assert len(data["log"]) == 2 and {row["person"] for row in data["log"]} == {"홍길동"}
    assert "이산" not in str(data)
    with pytest.raises(StorageError, match="not enrolled"):
        own_data(store, 99, MORNING)


def test_pin_cards_groups_and_frames_are_among_it_but_no_secret(
    people: PeopleStore, store: Store
) -> None:
    hong = people.add_with_templates(replace(HONG, groups=("students",)), [template(1)])
    store.using(lambda: MORNING).door_pins.set(hong.id or 0, "482915")
    store.using(lambda: MORNING).cards(b"pepper").add_card(hong.id or 0, "0102030405")
    frames = pack(
        VotingRule(0.8),
        [(0, Match(hong.id or 0, 0.25, 7, 0.5)), (100, Match(7, 0.5, hong.id, 0.75))],
    )
    store.access_log.append(decision(person_id=hong.id, trace=frames))
    data = own_data(store, hong.id or 0, MORNING)
    assert (data["person"]["groups"], data["pin_set_at"]) == (["students"], MORNING.isoformat())
    assert data["cards"] == [{"kind": "card", "since": MORNING.isoformat(), "valid_until": None}]
    assert data["log"][0]["frames"] == [{"ms": 0, "distance": 0.25}], (
        "distances to others are theirs"
    )
    assert not any(secret in json.dumps(data) for secret in ("argon2", "482915", "0102030405"))


def test_nothing_that_names_a_deleted_person_stays_but_the_log(
    people: PeopleStore, store: Store
) -> None:
    """No table, present or future, keeps rows of a deleted person, except the log and receipts."""
    hong = people.add_with_templates(HONG, [template(1)])
    store.door_tries.failed("2026-0001")
    people.delete(hong.id or 0)
    assert store.database.call(
        lambda: store.database.sqlite.execute("SELECT subject FROM door_tries").fetchall()
    ) == [("*",)]

    def rows() -> dict[str, int]:
        sql = store.database.connection
        found = {}
        for (table,) in sql.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            columns = [row[1] for row in sql.execute(f"PRAGMA table_info({table})")]
            for key in sql.execute(f"PRAGMA foreign_key_list({table})").fetchall():
                if key[2] == "people":
                    found[table] = sql.execute(
                        f"SELECT count(*) FROM {table} WHERE {key[3]} IS NOT NULL"
                    ).fetchone()[0]
            if "person_id" in columns and table != "receipts":
                found.setdefault(
                    table,
                    sql.execute(
                        f"SELECT count(*) FROM {table} WHERE person_id = ?", [hong.id]
                    ).fetchone()[0],
                )
        return found

    counted = store.database.call(rows)
    assert {"templates", "person_keys", "consents", "log"} <= counted.keys() and set(
        counted.values()
    ) == {0}
