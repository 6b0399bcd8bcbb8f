"""Bulk import over real storage with fake faces: plans, errors, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from kiosk.core.consent import ConsentKind
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import CameraError, EnrolError, StorageError
from kiosk.core.frames import Frame
from kiosk.core.import_plan import ImportPlan, ParsedSheet, RowError, RowState
from kiosk.core.people import Account, AccountRole, CredentialMode, Person, PersonRole
from kiosk.core.templates import Template
from kiosk.services.import_people import BulkImport
from kiosk.services.photo_finder import find_photographs
from kiosk.services.picture_enrolment import PictureExaminer
from kiosk.storage.store import Store
from kiosk.storage.tabular.people_sheet import read_people
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.door import INFO, observation, vector

SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2026, 3, 2, 9, 41, tzinfo=SEOUL)


ADMIN = Account("관리자", AccountRole.ADMIN)


class Pictures:
    """Sees the person whose digit fills the picture; 0 means no face."""

    info = INFO

    def observe(self, frame: Frame, embed: bool = True):
        return observation(0.0, int(frame.image[0, 0, 0]) or None)


class Office:
    """A store, the import, and a folder of photographs that hold one digit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.photographs = folder / "photographs"
        self.photographs.mkdir()
        self.store = Store.open(folder / "data" / "munjigi.db")
        store = self.store.using(lambda: NOW)
        self.people = store.people
        self.bulk_people = store.bulk_people
        self.store.consents.publish({ConsentKind.FACE: {"ko": "동의", "en": "consent"}})
        self.bulk = BulkImport(self.bulk_people, self, lambda: NOW, INFO.id)
        self.seen: list[tuple[int, int]] = []

    def photograph(self, name: str, who: int) -> None:
        file = self.photographs / f"{name}.jpg"
        file.parent.mkdir(exist_ok=True)
        file.write_text(str(who))

    def plan(self, text: str, photographs: bool = True) -> ImportPlan:
        file = self.folder / "people.csv"
        file.write_text(text, encoding="utf-8")
        return self.bulk.plan(ADMIN, file, self.photographs if photographs else None)

    # the source of the import

    def tables(self, folder: Path) -> list[Path]:
        return list(folder.glob("*.csv"))

    def read(self, file: Path, today: date) -> ParsedSheet:
        return read_people(file, today)

    def is_picture(self, file: Path) -> bool:
        return is_jpeg(file)

    def load(self, file: Path) -> Frame:
        return loaded(file)

    def examiner(self) -> PictureExaminer:
        gallery = Gallery(INFO.id, INFO.dimension)
        gallery.replace(self.people.templates(INFO.id))
        return PictureExaminer(Pictures(), gallery, self.people, 1.0)

    def examined(self, text: str) -> ImportPlan:
        return self.bulk.examine(
            ADMIN,
            self.plan(text),
            lambda done, total: self.seen.append((done, total)),
            lambda: False,
        )

    def imported(self, text: str, leave_out: bool = False):
        return self.bulk.carry_out(ADMIN, self.examined(text), leave_out)

    def stored(self) -> list[tuple[str, str, int]]:
        return [
            (person.number, person.name, person.templates)
            for person in self.people.search("", 100, 0)[0]
        ]


def is_jpeg(file: Path) -> bool:
    return file.suffix.lower() == ".jpg"


def loaded(file: Path) -> Frame:
    text = file.read_text()
    if not text.isdigit():
        raise CameraError("torn", key="picture.unreadable", name=file.name)
    return Frame(np.full((2, 2, 3), int(text), np.uint8), 0.0, 0)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


def faults(plan: ImportPlan) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.key) for fault in plan.errors]


def states(plan: ImportPlan) -> list[str]:
    return [row.state.value for row in plan.rows]


def test_people_groups_consents_and_faces_are_stored_and_recorded(office):
    for name, who in (("1-1", 1), ("1-2", 1), ("2", 2), ("3/any", 3), ("3/other", 3)):
        office.photograph(name, who)
    report = office.imported(
        "number,name,role,until,groups,consent,consent language\n"
        '1,하나,staff,2027-01-01,"lab, night",2026-03-01,en\n'
        "2,둘,,,,2026-03-02,\n3,셋,,,,2026-02-01,\n4,넷,,,,,\n"
    )
    assert (report.added, report.changed, report.unchanged, report.left_out, report.templates) == (
        4,
        0,
        0,
        0,
        5,
    )
    assert sorted(office.stored()) == [
        ("1", "하나", 2),
        ("2", "둘", 1),
        ("3", "셋", 2),
        ("4", "넷", 0),
    ]
    first = office.people.by_number("1")
    assert (first.role, first.valid_until, first.groups) == (
        PersonRole.STAFF,
        date(2027, 1, 1),
        ("lab", "night"),
    )
    assert (
        first.consented_at.astimezone().date(),
        first.consent_version,
        first.consent_language,
    ) == (date(2026, 3, 1), 1, "en")
    assert (
        office.people.by_number("2").consented_at == NOW
        and office.people.by_number("4").consented_at is None
    )
    assert [given.kind for given in first.consents] == [ConsentKind.FACE]
    actions, total = office.store.audit_log.query(LogFilter(), 10, 0)
    assert total == 5 and actions[0].event == "people_imported" and actions[0].actor == "관리자"
    assert actions[0].detail == {
        "file": "people.csv",
        "added": 4,
        "changed": 0,
        "unchanged": 0,
        "left_out": 0,
        "templates": 5,
    }
    assert office.seen[-1] == (5, 5)


def test_importing_the_same_table_again_changes_nothing(office):
    office.photograph("1-1", 1)
    text = "number,name,until,consent\n1,하나,2027-01-01,2026-03-01\n"
    office.imported(text)
    before = office.people.templates(INFO.id)
    plan = office.examined(text)
    assert (
        states(plan) == ["unchanged"]
        and plan.rows[0].note == "import.note.face_kept"
        and plan.changes == ()
    )
    office.bulk.carry_out(ADMIN, plan)
    assert [t.id for t in office.people.templates(INFO.id)] == [t.id for t in before]


def test_missing_columns_leave_stored_values(office):
    office.people.add(
        Person(
            "1",
            "하나",
            PersonRole.STAFF,
            False,
            date(2026, 1, 1),
            date(2026, 12, 31),
            groups=("lab",),
        )
    )
    plan = office.plan("number,name,until\n1,하나나,\n")
    assert states(plan) == ["changed"] and plan.rows[0].fields == ("name", "valid_until")
    office.imported("number,name,until\n1,하나나,\n")
    person = office.people.by_number("1")
    assert (
        person.name,
        person.role,
        person.enabled,
        person.valid_from,
        person.valid_until,
        person.groups,
    ) == ("하나나", PersonRole.STAFF, False, date(2026, 1, 1), None, ("lab",))


def test_student_in_a_table_does_not_undo_a_known_level(office):
    office.people.add(Person("1", "하나", PersonRole.GRADUATE))
    office.people.add(Person("2", "두나", PersonRole.VISITOR))
    office.imported("number,name,role\n1,하나,학생\n2,두나,학생\n3,세나,학생\n4,네나,\n")
    assert [office.people.by_number(n).role.value for n in "1234"] == [
        "graduate",
        "student",
        "student",
        "student",
    ]


def test_people_with_templates_of_another_network_get_new_ones(office):
    office.people.add_with_templates(
        Person("1", "하나", consented_at=NOW), [Template(0, "old", vector(1))]
    )
    office.photograph("1", 1)
    office.imported("number,name\n1,하나\n")
    assert [t.embedder_id for t in office.people.templates(INFO.id)] == [
        "net"
    ] and office.people.templates("old") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "number,name,from,until\n1,하나,2026-05-01,2026-04-01\n",
            ("valid_until", "import.error.dates"),
        ),
        ("number,name\n1,하나\n", ("consent", "import.error.photo_consent")),
        (
            "number,name,entry,consent\n1,하나,pin,2026-03-01\n",
            ("entry", "import.error.photo_entry"),
        ),
        (
            "number,name,consent,consent_version\n1,하나,2026-03-01,7\n",
            ("consent_version", "import.error.version_unknown"),
        ),
        (
            "number,name,consent,consent_version\n1,하나,,1\n",
            ("consent", "import.error.version_alone"),
        ),
    ],
)
def test_row_errors(office, text, fault):
    office.photograph("1", 1)
    assert faults(office.plan(text)) == [(2, *fault)]


def test_an_old_table_does_not_restore_a_withdrawn_consent(office):
    person = office.people.add_with_templates(
        Person("1", "하나", consented_at=NOW), [Template(0, "net", vector(1))]
    )
    office.people.withdraw(person.id)
    office.photograph("1", 1)
    text = "number,name,entry,consent\n1,하나,face,2026-03-01\n"
    assert faults(office.plan(text)) == [(2, "consent", "import.error.withdrawn")]
    again = replace(
        office.people.get(person.id),
        consented_at=NOW + timedelta(days=1),
        entry=CredentialMode.FACE,
    )
    office.people.enrol_again(again, [Template(0, "net", vector(1))])
    assert states(office.plan(text)) == ["unchanged"], "given again since then"


def test_changing_to_a_pin_needs_the_face_deleted_first(office):
    office.people.add_with_templates(
        Person("1", "하나", consented_at=NOW), [Template(0, "net", vector(1))]
    )
    assert faults(office.plan("number,name,entry\n1,하나,pin\n")) == [
        (2, "entry", "import.error.entry_face")
    ]


@pytest.mark.parametrize(
    ("pictures", "key"),
    [
        ([("1", 0)], "import.error.photo_no_face"),
        ([("1-1", 1), ("1-2", 4), ("1-3", 1), ("1-4", 4)], "import.error.photo_several"),
        ([("1", 5)], "import.error.photo_known"),
    ],
)
def test_photographs_are_checked_like_a_guided_enrolment(office, pictures, key):
    office.people.add_with_templates(Person("9", "아홉"), [Template(0, "net", vector(5))])
    for name, who in pictures:
        office.photograph(name, who)
    plan = office.examined("number,name,consent\n1,하나,2026-03-01\n2,둘,\n")
    assert faults(plan) == [(2, "photographs", key)]
    with pytest.raises(StorageError, match="Rows with errors: 1"):
        office.bulk.carry_out(ADMIN, plan)
    assert office.stored() == [("9", "아홉", 1)]
    office.bulk.carry_out(ADMIN, plan, leave_out=True)
    assert sorted(office.stored()) == [("2", "둘", 0), ("9", "아홉", 1)]


def test_the_same_face_under_two_numbers_is_an_error(office):
    office.photograph("1", 1)
    office.photograph("2", 1)
    plan = office.examined("number,name,consent\n1,하나,2026-03-01\n2,둘,2026-03-01\n")
    assert plan.errors == (RowError(3, "photographs", "import.error.photo_twin", {"other": 2}),)


def test_an_unreadable_photograph_is_named_in_its_row(office):
    text = "number,name,consent\n1,하나,2026-03-01\n"
    torn = ("picture.unreadable", {"name": "1-2.jpg"})
    office.photograph("1-1", 1)
    (office.photographs / "1-2.jpg").write_text("torn")
    (row,) = office.examined(text).rows
    assert (row.state, row.note, row.note_values) == (RowState.NEW, *torn)
    office.photograph("1-1", 0)
    first, second = office.examined(text).errors
    assert (first.key, first.values) == torn and second.key == "import.error.photo_no_face"
    (office.photographs / "1-1.jpg").unlink()
    (fault,) = office.examined(text).errors
    assert (fault.key, fault.values) == torn


def test_a_stopped_import_stores_nothing(office):
    office.photograph("1", 1)
    plan = office.plan("number,name,consent\n1,하나,2026-03-01\n")
    with pytest.raises(EnrolError, match="stopped"):
        office.bulk.examine(ADMIN, plan, lambda done, total: None, lambda: True)
    assert office.stored() == []


def test_a_person_changed_in_the_meantime_fails_the_import(office):
    office.people.add(Person("2", "둘"))
    plan = office.examined("number,name\n1,하나\n2,둘둘\n")
    office.people.update(Person("2", "두리", id=1))
    with pytest.raises(StorageError, match="changed 2 meanwhile") as caught:
        office.bulk.carry_out(ADMIN, plan)
    assert caught.value.key == "import.changed_meanwhile" and office.stored() == [("2", "두리", 0)]
    plan = office.examined("number,name\n1,하나\n3,셋\n")
    office.people.add(Person("3", "누구"))
    with pytest.raises(StorageError, match="belongs to 누구"):
        office.bulk.carry_out(ADMIN, plan)
    assert [number for number, _, _ in office.stored()] == ["3", "2"]


def test_photographs_are_matched_by_number(tmp_path):
    for name in (
        "2026-1.jpg",
        "2026-1-2.JPG",
        "2026-1_3.jpg",
        "2026-2-1.jpg",
        "IMG_0001.jpg",
        "2026-1.txt",
        ".2026-1.jpg",
    ):
        (tmp_path / name).touch()
    (tmp_path / "2026-2").mkdir()
    (tmp_path / "2026-2" / "anything.jpg").touch()
    found = find_photographs(
        tmp_path, ["2026-1", "2026-2"], lambda stems: {"2026-2-1"} & set(stems), is_jpeg
    )
    assert {
        number: sorted(file.name for file in files) for number, files in found.photographs.items()
    } == {
        "2026-1": ["2026-1-2.JPG", "2026-1.jpg", "2026-1_3.jpg"],
        "2026-2": ["anything.jpg"],
    }
    assert sorted(found.unused) == ["2026-2-1.jpg", "IMG_0001.jpg"], "2026-2-1 is somebody else"
    with pytest.raises(EnrolError, match="cannot be read"):
        find_photographs(tmp_path / "nowhere", [], lambda stems: (), is_jpeg)


def test_what_is_no_picture_is_found_where_its_owner_has_no_other(tmp_path):
    for name in ("1.mov", "2.jpg", "2.mov", "3(1).jpg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "4" / "2026-03-01").mkdir(parents=True)
    (tmp_path / "4" / "2026-03-01" / "a.jpg").touch()
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "IMG_0001.mov").touch()
    found = find_photographs(tmp_path, list("12345"), lambda stems: (), is_jpeg)
    names = {number: [file.name for file in files] for number, files in found.photographs.items()}
    assert names == {
        "1": ["1.mov"],
        "2": ["2.jpg"],
        "3": ["3(1).jpg"],
        "4": ["a.jpg"],
        "5": ["IMG_0001.mov"],
    }
    assert found.unused == ()


def test_tables_are_listed_for_administrators(office):
    file = office.folder / "people.csv"
    file.write_text("number,name\n")
    assert office.bulk.tables(ADMIN, office.folder) == [file]


def test_rows_are_counted_by_state(office):
    office.people.add(Person("1", "하나", entry=CredentialMode.FACE))
    plan = office.plan("number,name\n1,하나\n2,둘\n3,\n", photographs=False)
    assert [plan.count(state) for state in RowState] == [1, 0, 1, 1]


def test_the_consent_to_personal_data_has_a_column_of_its_own(office):
    table = "number,name,entry,개인정보 동의일,consent language\n1,하나,pin,{day},en\n"
    assert office.imported(table.format(day="2026-03-01")).added == 1
    given = office.people.by_number("1").consent(ConsentKind.PERSONAL)
    assert (given.given_at.astimezone().date(), given.language, given.version) == (
        date(2026, 3, 1),
        "en",
        1,
    )
    for day in ("2026-03-01", "2026-02-01", ""):
        assert states(office.plan(table.format(day=day))) == ["unchanged"], "no newer consent"
    plan = office.plan(table.format(day="2026-03-02"))
    assert states(plan) == ["changed"] and plan.rows[0].fields == ("consents",)
    assert [key for _, _, key in faults(office.plan(table.format(day="2999-01-01")))] == [
        "import.error.future"
    ]
