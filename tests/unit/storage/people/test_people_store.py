"""People and templates."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import Person, PersonRole
from kiosk.core.reports import Order
from kiosk.core.templates import Template
from kiosk.storage.people.normalise import clean_name, clean_number, loggable, search_key
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.people.vector_blobs import from_blob, to_blob
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, decision, template

HONG = Person(
    "2026-0001", "홍길동", PersonRole.STAFF, True, date(2026, 3, 1), date(2026, 8, 31), MORNING
)


@pytest.fixture
def people(store: Store) -> PeopleStore:
    return store.using(lambda: MORNING).people


def test_a_person_comes_back_as_given(people: PeopleStore) -> None:
    added = people.add(HONG)
    face = Consent(ConsentKind.FACE, HONG.consented_at)
    assert added == replace(HONG, id=added.id, created_at=MORNING, consents=(face,))
    assert added.id is not None and people.get(added.id) == added
    assert added.created_at is not None and added.created_at.utcoffset() == MORNING.utcoffset()


@pytest.mark.parametrize("typed", ["ab-12", " AB-12 ", "ＡＢ-１２", "Ab-12"])
def test_a_number_is_found_however_it_was_typed(people: PeopleStore, typed: str) -> None:
    added = people.add(Person("ab-12", "이산"))
    assert added.number == "AB-12"
    assert people.by_number(typed) == added


@pytest.mark.parametrize("typed", ["", "12 34", "1;2", "x" * 21, "홍", "\x00", "１\u202e"])
def test_an_invalid_number_finds_no_one(people: PeopleStore, typed: str) -> None:
    people.add(HONG)
    assert people.by_number(typed) is None
    with pytest.raises(StorageError, match="student number"):
        people.add(Person(typed, "이산"))


def test_a_number_belongs_to_one_person(people: PeopleStore) -> None:
    people.add(HONG)
    second = people.add(Person("2", "이산"))
    for attempt in (
        lambda: people.add(Person(" 2026-0001", "이산")),
        lambda: people.update(replace(second, number="2026-0001")),
    ):
        with pytest.raises(StorageError, match="belongs to 홍길동 already") as caught:
            attempt()
        assert caught.value.values["name"] == "홍*동"  # others may see the screen
    assert people.search("", 9, 0)[1] == 2


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a\tb",
        "a\nb",
        "x" * 61,
        "a\x00",
        "\u200d",
        "abc\u202edef",
        "\ud800",
        "a\u2028b",
        "\ufffe",
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(people: PeopleStore, name: str) -> None:
    with pytest.raises(StorageError, match=r"name|character"):
        people.add(Person("1", name))


@pytest.mark.parametrize(
    "name", ["홍길동", "Zoë", "ناصر", "नेहा", "Ọlá", "𠮷野", "م\u200cی", "O'Neil-Ng", "x" * 60, "🙂"]
)
def test_every_script_is_allowed(people: PeopleStore, name: str) -> None:
    assert people.add(Person("1", f"  {name} ")).name == unicodedata.normalize("NFC", name)


def test_decomposed_hangul_is_composed(people: PeopleStore) -> None:
    assert people.add(Person("1", unicodedata.normalize("NFD", "홍길동"))).name == "홍길동"


def test_dates_in_the_wrong_order_are_refused(people: PeopleStore) -> None:
    with pytest.raises(StorageError, match="last valid day"):
        people.add(replace(HONG, valid_from=date(2026, 3, 2), valid_until=date(2026, 3, 1)))


def test_search_takes_every_word_of_name_and_number(people: PeopleStore) -> None:
    for number, name in (
        ("2026-1", "홍길동"),
        ("2026-2", "홍길순"),
        ("2025-1", "Ada LOVELACE"),
        ("7", "100%_x"),
    ):
        people.add(Person(number, name))

    def found(text: str) -> list[str]:
        return [p.name for p in people.search(text, 9, 0)[0]]

    assert found("길동") == ["홍길동"]
    assert found("홍 2026") == ["홍길동", "홍길순"]
    assert found("love ada") == ["Ada LOVELACE"]
    assert found(unicodedata.normalize("NFD", "길순")) == ["홍길순"]
    assert found("%") == ["100%_x"] and found("_") == ["100%_x"]
    assert found("' OR 1=1 --") == []
    assert len(found("")) == 4


def test_search_pages_count_all(people: PeopleStore) -> None:
    for n in range(25):
        people.add(Person(f"{n:02}", "이름"))
    pages = [people.search("이름", 10, offset) for offset in (0, 10, 20, 30)]
    assert [total for _, total in pages] == [25] * 4
    assert [p.number for rows, _ in pages for p in rows] == [f"{n:02}" for n in range(25)]


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        ("name", ["5", "4", "3", "2", "1"]),
        ("number", ["1", "2", "3", "4", "5"]),
        ("role", ["4", "2", "5", "3", "1"]),
        ("valid", ["2", "5", "3", "4", "1"]),
        ("templates", ["5", "4", "3", "2", "1"]),
        ("state", ["4", "2", "5", "3", "1"]),
    ],
)
def test_the_list_is_sorted_by_any_column(store: Store, column: str, numbers: list[str]) -> None:
    people = store.using(lambda: MORNING).people
    today = MORNING.date()
    rows = [
        Person("1", "하늘", PersonRole.STUDENT),
        Person("2", "바다", PersonRole.STAFF, valid_until=today - timedelta(days=1)),
        Person(
            "3",
            "나무",
            PersonRole.STUDENT,
            valid_from=today + timedelta(days=1),
            valid_until=today + timedelta(days=9),
        ),
        Person("4", "구름", PersonRole.STAFF, enabled=False),
        Person("5", "가람", PersonRole.STUDENT, valid_until=today + timedelta(days=9)),
    ]
    for person in rows:
        people.add_with_templates(person, [template(n) for n in range(5 - int(person.number))])
    up, total = people.search("", 9, 0, Order(column))
    assert [p.number for p in up] == numbers and total == 5
    down = [
        p.number
        for page in range(3)
        for p in people.search("", 2, 2 * page, Order(column, descending=True))[0]
    ]
    assert down == numbers[::-1], "pages of the other direction, put together"


def test_people_are_sorted_by_their_columns_only(people: PeopleStore) -> None:
    with pytest.raises(StorageError, match="cannot be sorted by vector"):
        people.search("", 9, 0, Order("vector"))


def test_update_keeps_templates_and_beginning(people: PeopleStore) -> None:
    added = people.add_with_templates(HONG, [template()])
    changed = people.update(
        replace(added, name="홍길순", valid_until=None, enabled=False, created_at=None, templates=0)
    )
    assert changed == replace(added, name="홍길순", valid_until=None, enabled=False)
    assert people.search("길순", 9, 0)[1] == 1 and people.search("길동", 9, 0)[1] == 0


def test_a_changed_number_is_recorded_before_and_after(store: Store) -> None:
    people = store.people
    added = people.add(HONG)
    people.add(Person("2026-0009", "이산"))
    people.update(replace(added, number="2026-0042", role=PersonRole.RESEARCHER), by="관리자")
    (action, *_), _ = store.audit_log.query(LogFilter(), 1, 0)
    assert action.detail["old"] == {"number": "•••••001", "role": "staff"}
    assert action.detail["new"] == {"number": "•••••042", "role": "researcher"}
    with pytest.raises(StorageError, match="belongs to"):
        people.update(replace(added, number="2026-0009"))
    assert people.get(added.id).number == "2026-0042"


def test_enabling_and_disabling(people: PeopleStore) -> None:
    added = people.add(HONG)
    assert not people.set_enabled(added.id or 0, False).enabled
    assert people.set_enabled(added.id or 0, True) == added


def test_an_unknown_person_is_an_error(people: PeopleStore) -> None:
    for attempt in (
        lambda: people.update(replace(HONG, id=9)),
        lambda: people.update(HONG),
        lambda: people.delete(9),
        lambda: people.set_enabled(9, True),
        lambda: people.enrol_again(replace(HONG, id=9), [template()]),
    ):
        with pytest.raises(StorageError, match="not enrolled"):
            attempt()


def test_templates_come_back_bit_by_bit(people: PeopleStore) -> None:
    given_ = [template(1), template(2, pose="left"), template(3, dimension=5, embedder_id="other")]
    person = people.add_with_templates(HONG, given_)
    assert person.templates == 3
    stored = people.templates("net")
    assert [(t.person_id, t.pose, t.quality) for t in stored] == [
        (person.id, "front", 0.5),
        (person.id, "left", 0.5),
    ]
    for one, other in zip(stored, given_, strict=False):
        assert one.vector.dtype == np.float32 and one.vector.flags.writeable
        np.testing.assert_array_equal(one.vector, other.vector)
    assert people.templates("nobody's") == []


def test_as_a_table_they_are_the_same_of_everybody_or_of_some(people: PeopleStore) -> None:
    rows = [[template(3 * n + k) for k in range(n)] for n in range(4)]
    ids = [
        people.add_with_templates(Person(f"{n}", "이산"), own).id or 0 for n, own in enumerate(rows)
    ]
    people.enrol_again(people.get(ids[1]) or HONG, [*rows[1], template(2, embedder_id="other")])
    stored = people.templates("net")
    table = people.template_table("net")
    assert table.person_ids.tolist() == [t.person_id for t in stored]
    assert table.ids.tolist() == [t.id for t in stored]
    np.testing.assert_array_equal(table.vectors, np.stack([t.vector for t in stored]))
    some = people.template_table("net", [ids[3], ids[0], ids[1], 999])
    kept = np.isin(table.person_ids, [ids[3], ids[1]])
    np.testing.assert_array_equal(some.person_ids, table.person_ids[kept])
    np.testing.assert_array_equal(some.vectors, table.vectors[kept])
    for nothing in (people.template_table("net", []), people.template_table("nobody's")):
        assert len(nothing) == 0


def test_newer_rows_are_listed_without_opening_them(people: PeopleStore) -> None:
    first = people.add_with_templates(HONG, [template(1), template(2)])
    second = people.add_with_templates(Person("2", "이산"), [template(3)])
    every = people.template_versions("net")
    assert every.person_ids.tolist() == [first.id, second.id]
    assert (every.newest.tolist(), every.counts.tolist()) == ([2, 3], [2, 1])
    assert people.template_count("net") == 3 and people.template_count("other") == 0
    assert len(people.template_versions("net", after=3).person_ids) == 0
    people.enrol_again(first, [template(4)])
    newer = people.template_versions("net", after=3)
    assert (newer.person_ids.tolist(), newer.newest.tolist()) == ([first.id], [4])
    people.delete(first.id or 0)
    assert people.template_versions("net").person_ids.tolist() == [second.id]
    assert people.template_count("net") == 1


def test_templates_are_little_endian_float32() -> None:
    assert to_blob(np.array([1.0, -2.0], np.float64).astype(">f4")) == bytes.fromhex(
        "0000803f000000c0"
    )


@pytest.mark.parametrize(
    "bad",
    [
        np.array([1, np.nan], np.float32),
        np.array([1, np.inf], np.float32),
        np.array([1, 1e300]),
        np.zeros((2, 2), np.float32),
        np.zeros(0, np.float32),
        np.array([1, 2]),
        np.float32(1),
    ],
)
def test_a_bad_template_stores_no_person(people: PeopleStore, bad: np.ndarray) -> None:
    with pytest.raises(StorageError, match="template"):
        people.add_with_templates(HONG, [template(dimension=2), Template(0, "net", bad)])
    assert people.search("", 9, 0) == ([], 0)
    assert people.templates("net") == []


def test_mixed_dimensions_are_refused(people: PeopleStore) -> None:
    people.add_with_templates(HONG, [template(dimension=8)])
    for templates in (
        [template(dimension=9)],
        [template(dimension=3, embedder_id="x"), template(dimension=4, embedder_id="x")],
    ):
        with pytest.raises(StorageError, match="values where"):
            people.add_with_templates(Person("2", "이산"), templates)
    assert people.search("", 9, 0)[1] == 1


def test_a_template_needs_its_embedder(people: PeopleStore) -> None:
    with pytest.raises(StorageError, match="network"):
        people.add_with_templates(HONG, [template(embedder_id="")])


def test_a_damaged_template_is_never_compared(people: PeopleStore, store: Store) -> None:
    people.add_with_templates(HONG, [template(dimension=1)])
    store.database.call(
        lambda: store.database.sqlite.execute("UPDATE templates SET sealed = zeroblob(32)")
    )
    for read in (people.templates, people.template_table):
        assert len(read("net")) == 0
    assert len(people.template_table("net", [1])) == 0


def test_a_template_that_is_not_finite_is_never_compared() -> None:
    with pytest.raises(StorageError, match="not finite"):
        from_blob(b"\x00\x00\xc0\x7f", 1)


def test_replacing_templates_is_all_or_nothing(people: PeopleStore) -> None:
    person = people.add_with_templates(HONG, [template(1), template(2)])
    with pytest.raises(StorageError):
        people.enrol_again(
            person, [template(3), Template(0, "net", np.full(8, np.nan, np.float32))]
        )
    with pytest.raises(StorageError, match="Nothing was captured"):
        people.enrol_again(person, [])
    assert len(people.templates("net")) == 2
    people.enrol_again(person, [template(4)])
    [left] = people.templates("net")
    np.testing.assert_array_equal(left.vector, template(4).vector)


def test_replacing_the_only_templates_may_change_the_dimension(people: PeopleStore) -> None:
    person = people.add_with_templates(HONG, [template(dimension=8)])
    people.enrol_again(person, [template(dimension=4)])
    assert [t.vector.size for t in people.templates("net")] == [4]


def test_a_deleted_person_leaves_only_the_logs_words(people: PeopleStore, store: Store) -> None:
    log = store.access_log
    person = people.add_with_templates(HONG, [template(1, dimension=64)])
    log.append(decision(person_id=person.id))
    people.delete(person.id or 0)
    assert people.templates("net") == [] and people.by_number(HONG.number) is None
    [row] = log.query(LogFilter(), 9, 0)[0]
    assert (row.decision.person_id, row.decision.person_name, row.decision.person_number) == (
        None,
        "홍길동",
        "2026-0001",
    )


def test_an_id_is_never_given_twice(people: PeopleStore) -> None:
    first = people.add(HONG)
    people.delete(first.id or 0)
    assert people.add(HONG).id != first.id


@given(st.text(max_size=70))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_stored_as_cleaned_or_refused(people: PeopleStore, text: str) -> None:
    try:
        name = clean_name(text)
    except StorageError:
        return
    person = people.add(Person("1", text))
    assert person.name == name == clean_name(name)
    assert people.get(person.id or 0) == person
    assert people.search(name, 9, 0)[1] == 1  # what was stored is found
    people.delete(person.id or 0)


@given(st.text(max_size=25))
def test_a_number_is_clean_once_and_for_all(text: str) -> None:
    try:
        number = clean_number(text)
    except StorageError:
        return
    assert clean_number(number) == number and number.isascii() and 1 <= len(number) <= 20


@given(st.from_regex(r"[A-Za-z0-9-]{1,20}", fullmatch=True))
def test_letters_digits_and_hyphens_are_a_number(text: str) -> None:
    assert clean_number(f" {text} ") == text.upper()


@given(st.text(alphabet=st.characters(), max_size=30))
def test_any_logged_text_can_be_written(text: str) -> None:
    assert len(loggable(text)) == len(text)
    loggable(text).encode()
    search_key(loggable(text)).encode()


def test_a_number_is_found_without_its_hyphens_unless_two_would_fit(people: PeopleStore) -> None:
    people.add(Person("2026-12-34", "하나"))
    assert people.by_typed_number("20261234").name == "하나"
    people.add(Person("2026-1234", "둘"))
    assert people.by_typed_number("20261234") is None
    assert people.by_typed_number("2026-1234").name == "둘"
    assert people.by_typed_number("?") is None


def test_enrolling_again_changes_the_fields_too_and_both_or_neither(people: PeopleStore) -> None:
    other = people.add(replace(HONG, number="2026-777"))
    person = people.add_with_templates(HONG, [template(1)])
    with pytest.raises(StorageError, match="belongs to"):
        people.enrol_again(replace(person, number=other.number), [template(3)])
    [left] = people.templates("net")
    np.testing.assert_array_equal(left.vector, template(1).vector)
    assert people.enrol_again(replace(person, name="홍길순"), [template(4)]).name == "홍길순"


def test_people_of_another_network_only_are_counted(people: PeopleStore) -> None:
    people.add_with_templates(HONG, [template(1), template(dimension=4, embedder_id="old")])
    people.add_with_templates(
        replace(HONG, number="2026-2"), [template(dimension=4, embedder_id="old")]
    )
    people.add(replace(HONG, number="2026-3"))
    assert (people.without("net"), people.without("old"), people.without("new")) == (1, 0, 2)


def test_a_person_disabled_during_re_enrolment_stays_disabled(people: PeopleStore) -> None:
    person = people.add_with_templates(HONG, [template(1)])
    people.set_enabled(person.id or 0, False)
    assert person.enabled and not people.enrol_again(person, [template(2)]).enabled


def test_groups_are_kept_as_they_were_given(people: PeopleStore) -> None:
    person = people.add(Person("2026-77", "이산", groups=(" 학생 ", "night", "학생")))
    assert person.groups == ("학생", "night") and people.get(person.id or 0) == person
    assert people.update(replace(person, groups=())).groups == ()


@pytest.mark.parametrize("name", ["", "  ", "a,b", "x" * 41, "a\nb", "a\u202eb"])
def test_a_group_needs_a_name_that_can_be_written_in_a_list(people: PeopleStore, name: str) -> None:
    with pytest.raises(StorageError, match="group") as caught:
        people.add(Person("2026-77", "이산", groups=(name,)))
    assert caught.value.key == "error.group_refused" and people.by_number("2026-77") is None
