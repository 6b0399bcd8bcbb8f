"""Exports: their content, no formulas for spreadsheets, and no partial files."""

from __future__ import annotations

import csv
import errno
import io
import json
import math
import stat
import zipfile
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core import files
from kiosk.core.decisions import LogFilter, Mode, Outcome, Reason
from kiosk.core.errors import StorageError
from kiosk.storage.audit import log_query
from kiosk.storage.audit.access_log import AccessLog
from kiosk.storage.audit.log_export import KINDS, export_log
from kiosk.storage.people.normalise import loggable
from kiosk.storage.store import Store
from kiosk.storage.tabular import log_sheets
from kiosk.storage.tabular.log_sheets import COLUMNS, XlsxSheet, neutral
from tests.unit.storage.samples import MORNING, SEOUL, decision

EVERYTHING = LogFilter()


@pytest.fixture
def log(store: Store) -> AccessLog:
    return store.using(zone=SEOUL).access_log


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out" / "log"


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def workbook(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def xlsx_rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(workbook(path)) as book:
        return [
            row for sheet in book.worksheets for row in sheet.iter_rows(min_row=2, values_only=True)
        ]


def test_csv_is_readable_by_excel(log: AccessLog, path: Path, target: Path) -> None:
    log.append(decision(runner_up=None))
    assert export_log(path, EVERYTHING, target, "csv") == 1
    assert target.read_bytes() == (
        b"\xef\xbb\xbf"
        + ",".join((*COLUMNS, "digest")).encode()
        + b"\r\n"
        + (
            "1,2026-03-02T09:41:07.250+09:00,홍길동,2026-0001,ACCEPT,match,1:N,0.42,,0.8,6,4,0.9,net,,"
            f"{csv_rows(target)[0]['digest']}\r\n"
        ).encode()
    )


def test_json_lines(log: AccessLog, path: Path, target: Path) -> None:
    log.append(decision(runner_up=math.inf, person_name='"홍"'))
    log.append(decision(outcome=Outcome.REJECT, mode=Mode.VERIFY, reason=Reason.EXPIRED))
    assert export_log(path, EVERYTHING, target, "jsonl") == 2
    second, first = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert list(first) == [*COLUMNS, "digest"]
    assert (first["person"], first["runner_up"], first["distance"]) == ('"홍"', None, 0.42)
    assert (second["number"], second["decision"], second["mode"], second["reason"]) == (
        2,
        "REJECT",
        "1:1",
        "expired",
    )


def test_xlsx_keeps_texts_and_numbers_apart(log: AccessLog, path: Path, target: Path) -> None:
    log.append(
        decision(
            person_name="=1+1",
            person_number="007",
            distance=-0.5,
            runner_up=None,
            embedder_id="https://example.org",
        )
    )
    export_log(path, EVERYTHING, target, "xlsx")
    with closing(workbook(target)) as book:
        heading, row = list(book.active.iter_rows())
    assert tuple(cell.value for cell in heading) == (*COLUMNS, "digest")
    assert [cell.data_type for cell in row] == [
        "n",
        "s",
        "s",
        "s",
        "s",
        "s",
        "s",
        "n",
        "n",
        "n",
        "n",
        "n",
        "n",
        "s",
        "n",
        "s",
    ]
    assert [cell.value for cell in row][:4] == [1, "2026-03-02T09:41:07.250+09:00", "=1+1", "007"]
    assert row[7].value == -0.5 and row[8].value is None and row[13].hyperlink is None
    with zipfile.ZipFile(target) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_a_full_sheet_is_continued(tmp_path: Path) -> None:
    sheet = XlsxSheet(tmp_path / "log.xlsx", sheet_rows=4)
    for n in range(7):
        sheet.write((n, "x"))
    sheet.finish()
    sheet.abandon()
    with closing(workbook(tmp_path / "log.xlsx")) as book:
        assert [s.max_row for s in book.worksheets] == [4, 4, 2]
    assert [row[0] for row in xlsx_rows(tmp_path / "log.xlsx")] == list(range(7))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+82", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "=cmd|' /C calc'!A0", "＝1+1", "－1"],
)
def test_no_text_starts_a_formula(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("cell", ["홍길동", "", "1-2", " =1", "'=1", -0.5, -3, 0.0, None])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert neutral(cell) == cell and type(neutral(cell)) is type(cell)  # type: ignore[arg-type]


_TEXT = st.one_of(
    st.text(max_size=20), st.builds(str.__add__, st.sampled_from("=+-@'\","), st.text(max_size=8))
)


@pytest.mark.slow
@given(
    name=_TEXT,
    number=_TEXT,
    distance=st.floats(-2, 2),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_every_format_has_the_content_of_the_log(
    log: AccessLog, path: Path, target: Path, name: str, number: str, distance: float, at: datetime
) -> None:
    made = log.append(
        decision(
            at.replace(tzinfo=SEOUL), person_name=name, person_number=number, distance=distance
        )
    )
    only = LogFilter(since=at.date(), until=at.date())
    for kind in KINDS:
        export_log(path, only, target.with_suffix("." + kind), kind, zone=SEOUL)
    [as_csv] = [
        row for row in csv_rows(target.with_suffix(".csv")) if row["number"] == str(made.id)
    ]
    [as_json] = [
        row
        for row in map(json.loads, target.with_suffix(".jsonl").read_text("utf-8").split("\n")[:-1])
        if row["number"] == made.id
    ]
    [as_xlsx] = [row for row in xlsx_rows(target.with_suffix(".xlsx")) if row[0] == made.id]
    shown = loggable(number) if loggable(name) else made.decision.person_number
    kept = loggable(name), shown
    assert (as_json["person"], as_json["student_number"]) == kept
    assert (as_xlsx[2] or "", as_xlsx[3] or "") == kept
    for cell, text in zip((as_csv["person"], as_csv["student_number"]), kept, strict=True):
        assert cell in (text, "'" + text)
        assert not cell or cell[0] not in "=+-@\t\r\n"
    assert float(as_csv["distance"]) == as_json["distance"] == distance
    assert as_xlsx[7] == pytest.approx(distance, rel=1e-14)
    assert (
        datetime.fromisoformat(as_csv["time"])
        == datetime.fromisoformat(as_json["time"])
        == at.replace(tzinfo=SEOUL, microsecond=at.microsecond // 1000 * 1000)
    )


def test_the_filter_is_kept(log: AccessLog, path: Path, target: Path) -> None:
    for day in (1, 2, 2, 3):
        log.append(
            decision(
                datetime(2026, 3, day, 0, 30, tzinfo=SEOUL),
                Outcome.REJECT if day == 2 else Outcome.ACCEPT,
            )
        )
    assert (
        export_log(path, LogFilter(date(2026, 3, 2), date(2026, 3, 2)), target, "csv", zone=SEOUL)
        == 2
    )
    assert (
        export_log(path, LogFilter(outcome=Outcome.ACCEPT, text="길동"), target, "csv", zone=SEOUL)
        == 2
    )
    assert [row["number"] for row in csv_rows(target)] == ["4", "1"]
    assert export_log(path, LogFilter(text="nobody"), target, "xlsx") == 0
    assert xlsx_rows(target) == []


@pytest.fixture
def hundred(log: AccessLog, store: Store, monkeypatch: pytest.MonkeyPatch) -> AccessLog:
    monkeypatch.setattr(log_query.pages, "__defaults__", (10,))
    store.database.call(
        lambda: [log.append(decision(MORNING + timedelta(seconds=n))) for n in range(95)]
    )
    return log


def test_progress_grows_to_the_end(hundred: AccessLog, path: Path, target: Path) -> None:
    seen: list[tuple[int, int]] = []
    export_log(path, EVERYTHING, target, "csv", lambda *now: seen.append(now))
    assert seen == [(n, 95) for n in (*range(10, 100, 10), 95)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancelled_export_leaves_the_old_file(
    hundred: AccessLog, path: Path, target: Path, kind: str
) -> None:
    target.parent.mkdir()
    target.write_text("yesterday's")
    seen: list[int] = []
    assert (
        export_log(
            path,
            EVERYTHING,
            target,
            kind,
            lambda done, _: seen.append(done),
            lambda: len(seen) == 3,
        )
        == 0
    )
    assert seen == [10, 20, 30]
    assert target.read_text() == "yesterday's" and list(target.parent.iterdir()) == [target]


def test_a_finished_export_is_alone_and_private(
    hundred: AccessLog, path: Path, target: Path
) -> None:
    for kind in KINDS:
        export_log(path, EVERYTHING, target, kind)
    assert list(target.parent.iterdir()) == [target]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_decisions_go_on_while_a_log_is_exported(
    hundred: AccessLog, path: Path, target: Path
) -> None:
    def knock(done: int, total: int) -> None:
        hundred.append(
            decision(MORNING + timedelta(seconds=done, microseconds=1))
        )  # by its time among rows not yet read

    assert export_log(path, EVERYTHING, target, "csv", knock) == 95
    assert len(csv_rows(target)) == 95  # as when the export began
    assert hundred.count() == 95 + 10


class FullDisk(io.RawIOBase):
    """A file that accepts only a few bytes."""

    def __init__(self, room: int) -> None:
        self._room = room

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(data)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("room", [0, 2000])
def test_a_full_disk_is_an_error(
    hundred: AccessLog,
    path: Path,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    room: int,
) -> None:
    real = Path.open

    def opened(self: Path, mode: str = "r", **options: Any) -> Any:
        if "w" in mode:
            return io.TextIOWrapper(FullDisk(room), write_through=True, **options)  # type: ignore[type-var]
        return real(self, mode, **options)

    monkeypatch.setattr(log_sheets.Path, "open", opened)
    with pytest.raises(StorageError, match="disk is full") as caught:
        export_log(path, EVERYTHING, target, kind)
    assert caught.value.key == "error.storage_full"
    assert list(target.parent.iterdir()) == []


def test_a_disk_that_is_full_while_the_workbook_is_put_together(
    hundred: AccessLog, path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, *args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    with pytest.raises(StorageError, match="disk is full"):
        export_log(path, EVERYTHING, target, "xlsx")
    assert list(target.parent.iterdir()) == []


def test_a_disk_that_is_full_at_the_end(
    hundred: AccessLog, path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        export_log(path, EVERYTHING, target, "csv")
    assert list(target.parent.iterdir()) == []


def test_impossible_exports_are_refused(store: Store, path: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="csv, jsonl, xlsx"):
        export_log(path, EVERYTHING, tmp_path / "a", "pdf")
    with pytest.raises(StorageError, match="does not exist"):
        export_log(tmp_path / "none.db", EVERYTHING, tmp_path / "a", "csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        export_log(path, EVERYTHING, tmp_path / "file" / "a", "csv")
    (tmp_path / "notes.db").write_text("notes" * 1000)
    with pytest.raises(StorageError, match="not a database"):
        export_log(tmp_path / "notes.db", EVERYTHING, tmp_path / "a", "csv")
    assert not (tmp_path / "a").exists() and not (tmp_path / "none.db").exists()


def test_a_closed_database_can_be_exported(path: Path, target: Path) -> None:
    with Store.open(path) as store:
        store.access_log.append(decision())
    assert export_log(path, EVERYTHING, target, "csv") == 1
