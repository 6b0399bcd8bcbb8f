"""Workbooks mean what they show: formats of numbers, hidden sheets and rows, strict files."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.chart import LineChart, Reference

from kiosk.core.errors import StorageError
from kiosk.core.import_plan import ParsedRow
from kiosk.storage.tabular.people_sheet import read_people
from kiosk.storage.tabular.table_reader import parse_table
from kiosk.storage.tabular.table_rows import CellTrait
from tests.helpers.hostile_tables import MAIN, sheet_of, workbook

TODAY = date(2026, 3, 2)
STRICT = 'xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"'


def row_with(folder: Path, number: Any, number_format: str, until: Any = None) -> ParsedRow:
    """Return the row of a workbook whose first cell has a number format."""
    book = Workbook()
    book.active.append(["학번", "이름", "종료일"])
    book.active.append([number, "홍길동", until])
    book.active["A2"].number_format = number_format
    book.save(folder / "people.xlsx")
    return read_people(folder / "people.xlsx", TODAY).rows[0]


def errors_of(row: ParsedRow) -> list[tuple[str, str]]:
    return [(error.column, error.key.rpartition(".")[2]) for error in row.errors]


@pytest.mark.parametrize(
    ("number", "number_format", "shown"),
    [
        (12345, "0000000", "0012345"),
        (20261234, "0000-0000", "2026-1234"),
        (20261234, r"0000\-0000", "2026-1234"),
        (20261234, '0000"-"0000;[Red]-0', "2026-1234"),
        (20261234, "####-####", "2026-1234"),
        (7, '"A"000', "A007"),
        (12345, "[$-ko-KR]0000000", "0012345"),
        (20261234, "General", "20261234"),
        (20261234, "0", "20261234"),
        (20261234, "@", "20261234"),
        (20261234, "#,##0", "20261234"),
        (20261234, '_-* #,##0_-;\\\\-* #,##0_-;_-* "-"_-;_-@_-', "20261234"),
        (202612345678, "0000-0000", "20261234-5678"),
    ],
)
def test_a_number_is_read_as_the_workbook_shows_it(tmp_path, number, number_format, shown):
    row = row_with(tmp_path, number, number_format)
    assert (row.number, row.errors) == (shown, ())


@pytest.mark.parametrize(
    ("number", "number_format", "error"),
    [
        (date(2026, 1, 1), "yyyy-mm-dd", "cell_dated"),  # what a typed 2026-1 becomes
        (46023, 'yyyy"년" m"월"', "cell_dated"),
        (46023, "[$-412]yyyy-mm", "cell_dated"),
        (46023, "mmm-yy", "cell_dated"),
        (0.5, "[h]:mm", "cell_dated"),
        (20261234, "0.00", "cell_formatted"),
        (20261234, "0.00E+00", "cell_formatted"),
        (20261234, "0,", "cell_formatted"),
        (20261234, "0%", "cell_formatted"),
        (20261234, "# ?/?", "cell_formatted"),
        (20261234, "[$\\u20a9-412]#,##0", "cell_formatted"),
        (20261234, "[<9999999]000-0000;0000-0000", "cell_formatted"),
        (20261234, "[DBNum1]0", "cell_formatted"),
        (20261234, "x" * 300, "cell_formatted"),
        (12345678901234567890, "0", "cell_long"),
        ("#N/A", "General", "cell_faulty"),
    ],
)
def test_what_is_not_shown_as_it_is_stored_is_refused(tmp_path, number, number_format, error):
    row = row_with(tmp_path, number, number_format)
    assert errors_of(row) == [("number", error)]
    assert str(row.errors[0].values["text"])


def test_in_a_column_of_dates_the_day_counts_whatever_its_format(tmp_path):
    assert row_with(tmp_path, "1", "@", date(2027, 2, 28)).valid_until == date(2027, 2, 28)
    book = Workbook()
    book.active.append(["number", "name", "until"])
    book.active.append(["1", "a", 46446])
    book.active.append(["2", "b", "#N/A"])
    book.active["C2"].number_format = "0.00"
    book.save(tmp_path / "days.xlsx")
    good, bad = read_people(tmp_path / "days.xlsx", TODAY).rows
    assert good.valid_until == date(2027, 2, 28)
    assert errors_of(bad) == [("valid_until", "cell_faulty")]


def written(folder: Path, sheet: str, **parts: str) -> Path:
    file = folder / "people.xlsx"
    file.write_bytes(workbook(sheet, **parts))
    return file


def test_stored_results_of_formulas_count(tmp_path):
    cells = (
        '<row><c t="str"><f>A1&amp;"x"</f><v>2026-1</v></c><c><f t="shared" si="0"/><v/></c>'
        '<c t="str"><f>IF(A1,"","")</f><v></v></c></row>'
    )
    table = parse_table(written(tmp_path, sheet_of(cells)))
    assert table.rows[1] == (2, ("2026-1", "="))
    assert table.traits == {1: {2: CellTrait.FORMULA}}


def test_the_first_visible_sheet_is_read_and_hidden_rows_are_told(tmp_path):
    book = Workbook()
    codes = book.active
    codes.append(["a", "b"])
    codes.sheet_state = "veryHidden"
    people = book.create_sheet("명단")
    for cells in (["학번", "이름"], ["1", "홍길동"], ["2", "김철수"]):
        people.append(cells)
    people.row_dimensions[3].hidden = True
    book.save(tmp_path / "people.xlsx")
    sheet = read_people(tmp_path / "people.xlsx", TODAY)
    assert [(row.number, row.hidden) for row in sheet.rows] == [("1", False), ("2", True)]


def test_a_sheet_that_is_a_chart_alone_is_passed_over(tmp_path):
    book = Workbook()
    book.active.append(["number", "name"])
    book.active.append(["1", "가"])
    chart = LineChart()
    chart.add_data(Reference(book.active, min_col=1, min_row=1, max_row=2))
    book.create_chartsheet("chart", 0).add_chart(chart)
    book.save(tmp_path / "people.xlsx")
    assert [row.number for row in read_people(tmp_path / "people.xlsx", TODAY).rows] == ["1"]


def test_an_open_document_is_called_so(tmp_path):
    with zipfile.ZipFile(tmp_path / "people.xlsx", "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(StorageError, match=r"is an OpenDocument file .* save it as \.xlsx"):
        read_people(tmp_path / "people.xlsx", TODAY)


def test_strict_workbooks_with_readings_and_dates_of_text(tmp_path):
    cells = (
        '<row r="2"><c r="A2" t="inlineStr"><is><t>2026-1</t></is></c>'
        '<c r="B2" t="inlineStr"><is><t>東</t><rPh sb="0" eb="1"><t>あ</t></rPh></is></c>'
        '<c r="C2" t="d"><v>2026-03-01T00:00:00</v></c></row>'
    )
    sheet = sheet_of(cells).replace(MAIN, STRICT)
    table = parse_table(written(tmp_path, sheet))
    assert table.rows[1] == (2, ("2026-1", "東", "2026-03-01T00:00:00"))
    assert table.traits == {2: {2: CellTrait.DATED}}


@pytest.mark.parametrize(("name", "content"), [("a.csv", "xlsx"), ("a.xlsx", "csv")])
def test_the_content_decides_what_a_file_is(tmp_path, name, content):
    data = workbook(sheet_of('<row><c><v>1</v></c><c t="str"><v>b</v></c></row>'))
    (tmp_path / name).write_bytes(data if content == "xlsx" else b"number,name\n1,b\n")
    if content == "xlsx":
        assert read_people(tmp_path / name, TODAY).rows[0].number == "1"
    else:
        with pytest.raises(StorageError, match="not a workbook"):
            read_people(tmp_path / name, TODAY)


def test_a_merged_cell_counts_for_every_row_beside_it(tmp_path):
    """Else the others would have no last day, and enter for ever."""
    book = Workbook()
    for cells in (
        ["학번", "이름", "그룹", "종료일"],
        ["1", "가", "lab", date(2027, 2, 28)],
        ["2", "나", None, None],
        ["3", "다", None, None],
        ["4", "라", None, "#N/A"],
        ["5", "마", "night", None],
    ):
        book.active.append(cells)
    for reference in ("C2:C5", "D2:D4", "D5:D6", "C6:D6"):
        book.active.merge_cells(reference)
    book.save(tmp_path / "people.xlsx")
    rows = read_people(tmp_path / "people.xlsx", TODAY).rows
    assert [row.groups for row in rows] == [("lab",)] * 4 + [("night",)]
    assert [row.valid_until for row in rows[:3]] == [date(2027, 2, 28)] * 3
    assert [errors_of(row) for row in rows[3:]] == [[("valid_until", "cell_faulty")]] * 2


@pytest.mark.parametrize(
    "references", [["A2"], ["A3:A1048576"], ["A2:A99999"] * 70, ["A2:A3"] * 10_001]
)
def test_absurd_merged_cells_are_refused(tmp_path, references):
    merged = "".join(f'<mergeCell ref="{reference}"/>' for reference in references)
    row = '<row r="{0}"><c><v>1</v></c><c t="str"><v>b</v></c></row>'
    sheet = sheet_of(row.format(2) + row.format(3), f"<mergeCells>{merged}</mergeCells>")
    with pytest.raises(StorageError, match="not a workbook that can be read"):
        parse_table(written(tmp_path, sheet))
