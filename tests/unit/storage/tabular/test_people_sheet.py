"""Tables of people: headers, encodings, dates of all kinds, and errors by row and column."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from kiosk.core.errors import KioskError, StorageError
from kiosk.core.import_plan import ParsedSheet, PeopleColumn
from kiosk.core.people import CredentialMode, PersonRole
from kiosk.storage.tabular.people_headers import HEADERS
from kiosk.storage.tabular.people_sheet import read_people
from tests.helpers.hostile_tables import hostile_tables

TODAY = date(2026, 3, 2)
HEAD = "number,name,valid_until\n"


def read(folder: Path, text: str | bytes, name: str = "people.csv") -> ParsedSheet:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_people(file, TODAY)


def errors_of(sheet: ParsedSheet) -> list[tuple[int, str, str]]:
    return [
        (fault.row, fault.column, fault.key) for parsed in sheet.rows for fault in parsed.errors
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_korean_headers_in_every_usual_encoding(tmp_path, encoding, separator):
    lines = [
        "학번|이름|구분|출입 시작일|출입 종료일|그룹|출입 방법|동의일",
        "2026-1|홍길동|직원|2026. 3. 1.|20270228|lab|얼굴|2026/03/01",
    ]
    (parsed,) = read(tmp_path, "\n".join(lines).replace("|", separator).encode(encoding)).rows
    assert (parsed.row, parsed.number, parsed.name, parsed.role, parsed.entry) == (
        2,
        "2026-1",
        "홍길동",
        PersonRole.STAFF,
        CredentialMode.FACE,
    )
    assert (parsed.valid_from, parsed.valid_until, parsed.groups, parsed.consent) == (
        date(2026, 3, 1),
        date(2027, 2, 28),
        ("lab",),
        date(2026, 3, 1),
    )
    assert not parsed.errors


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("교직원", PersonRole.STAFF),
        ("Professor", PersonRole.STAFF),
        ("박사 과정", PersonRole.GRADUATE),
        ("석박통합과정", PersonRole.GRADUATE),
        ("Grad-Student", PersonRole.GRADUATE),
        ("포닥", PersonRole.RESEARCHER),
        ("학부생", PersonRole.UNDERGRADUATE),
        ("방문자", PersonRole.VISITOR),
        ("학생", PersonRole.STUDENT),
        ("", None),
    ],
)
def test_roles_have_many_words(tmp_path, word, role):
    (parsed,) = read(tmp_path, f"number,name,role\n1,이산,{word}\n").rows
    assert parsed.role is role and not parsed.errors


def test_an_unknown_role_is_refused_with_the_usual_words(tmp_path):
    (parsed,) = read(tmp_path, "number,name,role\n1,이산,마법사\n").rows
    (error,) = parsed.errors
    assert error.values["text"] == "마법사"
    assert {"대학원생", "visitor", "학생"} <= set(str(error.values["choices"]).split(", "))


def test_every_header_is_known_and_no_two_columns_share_one(tmp_path):
    for column, names in HEADERS.items():
        for name in names:
            others = [c for c in (PeopleColumn.NUMBER, PeopleColumn.NAME) if c is not column]
            sheet = read(tmp_path, ",".join([name.upper(), *others]) + "\n1,2,3\n")
            assert sheet.columns[0] is column, name


def test_a_missing_column_differs_from_an_empty_cell(tmp_path):
    (without,) = read(tmp_path, "number,name\n1,이산\n").rows
    (empty,) = read(tmp_path, "number,name,valid_until,groups\n1,이산,,\n").rows
    assert without.dates == frozenset() and without.groups is None
    assert empty.dates == {PeopleColumn.VALID_UNTIL} and empty.groups == ()


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ("1,,\n", [(2, "name", "import.error.missing")]),
        (",이산,\n", [(2, "number", "import.error.missing")]),
        ("1 2,이산,\n", [(2, "number", "error.number_refused")]),
        ("1,이산\u202e,\n", [(2, "name", "error.name_refused")]),
        ("1,이산,2026-02-30\n", [(2, "valid_until", "import.error.date")]),
        ("1,이산,46000\n", [(2, "valid_until", "import.error.date")]),
        ("1,이산,,x\n", [(2, "", "import.error.cells")]),
        (
            "\n\n7,이산,\n2,Ada,\n７,둘째,\n",
            [(4, "number", "import.error.twice"), (6, "number", "import.error.twice")],
        ),
        (
            "1,,soon\n",
            [(2, "name", "import.error.missing"), (2, "valid_until", "import.error.date")],
        ),
    ],
)
def test_errors_name_row_and_column(tmp_path, rows, faults):
    assert errors_of(read(tmp_path, HEAD + rows)) == faults


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("boss,,,,", ("role", "import.error.choice")),
        (",eye,,,", ("entry", "import.error.choice")),
        (",,2026-03-03,,", ("consent", "import.error.future")),
        (",,0001-01-01,,", ("consent", "import.error.too_early")),
        (",,1999-12-31,,", ("consent", "import.error.too_early")),
        (",,,one,", ("consent_version", "import.error.version")),
        (",,,,fr", ("consent_language", "import.error.choice")),
    ],
)
def test_choices_and_consent_are_checked(tmp_path, cells, fault):
    sheet = read(
        tmp_path,
        f"number,name,role,entry,consent,consent_version,consent_language\n1,이산,{cells}\n",
    )
    assert errors_of(sheet) == [(2, *fault)]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "empty"),
        (HEAD, "empty"),
        ("\n\n", "empty"),
        ("number,nmae\n1,2\n", "column"),
        ("number,name,이름\n1,2,3\n", "twice"),
        ("name\n이산\n", "missing"),
        (b"number,name\n1,\xff\xfe\xff\n", "encoding"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "old"),
        (b"\xef\xbb\xbf <html><table>", "web_page"),
        ('number,name\n1,"이산\n', "row"),
        ("number,name\n" + "," * 70 + "\n", "large"),
    ],
)
def test_files_that_cannot_be_used_are_one_sentence(tmp_path, text, key):
    with pytest.raises(StorageError, match=r"people\.csv") as caught:
        read(tmp_path, text)
    assert caught.value.key == f"import.file.{key}" and caught.value.values["file"] == "people.csv"


def test_formulas_are_never_calculated(tmp_path):
    (parsed,) = read(tmp_path, "number,name\n1,=1+1\n").rows
    assert parsed.name == "=1+1"
    book = Workbook()
    book.active.append(["number", "name"])
    book.active.append([20261234, "=1+1"])
    book.save(tmp_path / "book.xlsx")
    (parsed,) = read_people(tmp_path / "book.xlsx", TODAY).rows
    assert [fault.key for fault in parsed.errors] == ["import.error.cell_formula"]


def test_a_workbook_of_another_program(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.title = "명단"
    sheet.append(["학번", "이름", "종료일", "동의일", None])
    sheet.append([20261234, "홍길동", date(2027, 2, 28), datetime(2026, 3, 1)])
    sheet.append([])
    sheet.append(["2026-2", "Ada Lovelace", "2027-02-28", None])
    book.create_sheet("other").append(["nothing", "of", "this"])
    book.save(tmp_path / "people.xlsx")
    read_sheet = read_people(tmp_path / "people.xlsx", TODAY)
    assert [(w.row, w.number, w.name, w.valid_until, w.consent) for w in read_sheet.rows] == [
        (2, "20261234", "홍길동", date(2027, 2, 28), date(2026, 3, 1)),
        (4, "2026-2", "Ada Lovelace", date(2027, 2, 28), None),
    ]
    assert errors_of(read_sheet) == []


@pytest.mark.parametrize("epoch", [CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904])
def test_both_calendars_of_workbooks_and_times_beside_days(tmp_path, epoch):
    book = Workbook()
    book.epoch = epoch
    book.active.append(["number", "name", "until"])
    book.active.append(["1", "이산", datetime(2027, 2, 28, 18, 30)])
    book.save(tmp_path / "people.xlsx")
    assert read_people(tmp_path / "people.xlsx", TODAY).rows[0].valid_until == date(2027, 2, 28)


@pytest.mark.parametrize("damage", ["no zip", "no workbook", "cut", "bad xml"])
def test_workbooks_that_are_none(tmp_path, damage):
    book = Workbook()
    book.active.append(["number", "name"])
    file = tmp_path / "people.xlsx"
    book.save(file)
    if damage == "no zip":
        file.write_bytes(b"no zip at all")
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-200])
    else:
        with zipfile.ZipFile(file, "w") as broken:
            broken.writestr("xl/workbook.xml" if damage == "bad xml" else "other.xml", "<")
    with pytest.raises(StorageError, match=r"people\.xlsx"):
        read_people(file, TODAY)


def test_other_kinds_of_files_and_missing_ones(tmp_path):
    with pytest.raises(StorageError, match=r"must end in \.csv or \.xlsx"):
        read_people(tmp_path / "people.pdf", TODAY)
    with pytest.raises(StorageError, match="cannot be read"):
        read_people(tmp_path / "nothing.csv", TODAY)


@pytest.mark.slow
@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(
        lambda text: ("number,name,valid_until,groups\n" + text).encode("utf-8", "surrogatepass")
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_people_sheet_is_read_or_refused_for_any_bytes(tmp_path, data):
    for name in ("people.csv", "people.xlsx"):
        (tmp_path / name).write_bytes(data)
        try:
            sheet = read_people(tmp_path / name, TODAY)
        except StorageError:
            continue
        for parsed in sheet.rows:
            assert parsed.errors or (parsed.number and parsed.name)


@given(
    st.lists(
        st.lists(
            st.none()
            | st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.dates(min_value=date(1950, 1, 1)),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_people_sheet_accepts_cells_of_other_programs(tmp_path, rows):
    book = Workbook()
    book.active.append(["number", "name", "until"])
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "people.xlsx")
    try:
        sheet = read_people(tmp_path / "people.xlsx", TODAY)
    except StorageError as error:
        assert error.key == "import.file.empty"
        return
    for parsed, cells in ((w, rows[w.row - 2]) for w in sheet.rows):
        if isinstance(cells[2], date) and not parsed.errors:
            assert parsed.valid_until == cells[2] or cells[2].year > 2118 or cells[2].year < 1955


@pytest.mark.slow
def test_tables_that_cost_too_much_are_refused_with_a_sentence(tmp_path):
    for name, content in hostile_tables(scale=0.05):
        (tmp_path / name).write_bytes(content)
        try:
            read_people(tmp_path / name, TODAY)
        except KioskError as error:
            assert str(error).startswith(name) and str(error).endswith("."), error


def test_a_number_that_stands_in_many_rows_names_another_of_them(tmp_path):
    sheet = read(tmp_path, "number,name\n1,가\n2,나\n1,다\n1,라\n")
    others = [
        [error.values["other"] for error in row.errors if error.key == "import.error.twice"]
        for row in sheet.rows
    ]
    assert others == [[4], [], [2], [2]]


def test_a_long_cell_is_refused_by_its_row(tmp_path):
    with pytest.raises(StorageError, match="row 3 has a cell of more than 1000 characters"):
        read(tmp_path, f"number,name\n1,가\n2,{'나' * 1001}\n")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("2026학년도 1학기 명단,\n\n학번,이름\n1,가\n", [(4, "1", "가")]),
        ("학번*,이름(필수)\n1,가\n", [(2, "1", "가")]),
        ("\u200b학번,\u2060이름\n2026-1\u200b,\u200b가\u00a0나\ufeff\n", [(2, "2026-1", "가 나")]),
        ('number,name\n="0012345",가\n', [(2, "0012345", "가")]),
        ("number|name\n1|가\n", [(2, "1", "가")]),
        ("number,name\r1,가\r", [(2, "1", "가")]),
        ("명단\n,,학번,이름\n,,1,가\n", [(3, "1", "가")]),
    ],
    ids=["title", "marks", "invisible", "kept as text", "bars", "old Mac", "margin"],
)
def test_tables_as_people_have_them(tmp_path, text, rows):
    sheet = read(tmp_path, text)
    assert [(row.row, row.number, row.name) for row in sheet.rows] == rows
    assert errors_of(sheet) == []


@pytest.mark.parametrize("number", ["Jan-26", "26-Jan", "1-MAR"])
def test_a_number_that_excel_made_a_date_is_refused(tmp_path, number):
    """A typed 2026-1 is saved to a CSV file as the workbook shows it."""
    sheet = read(tmp_path, f"number,name\n{number},가\n")
    assert [error.key for error in sheet.rows[0].errors] == ["import.error.cell_dated"]


def test_traits_stay_with_their_cells_beside_a_margin(tmp_path):
    book = Workbook()
    for cells in ([date(2026, 1, 1)], [None, "number", "name"], [None, date(2026, 1, 1), "가"]):
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    (row,) = read_people(tmp_path / "a.xlsx", TODAY).rows
    assert [(error.column, error.key) for error in row.errors] == [
        ("number", "import.error.cell_dated")
    ]


def test_a_wrong_header_is_named_by_its_row(tmp_path):
    with pytest.raises(StorageError, match="row 3: there is no column '이메일'"):
        read(tmp_path, "명단\n\n학번,이름,이메일\n1,가,x\n")
