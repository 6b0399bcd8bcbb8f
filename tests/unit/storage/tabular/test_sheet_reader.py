"""Sheets are read row by row, and no file makes the reader grow."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from kiosk.storage.tabular.sheet_reader import (
    BROKEN,
    column_number,
    shared_strings,
    sheet_rows,
)

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def rows(text: str):
    return list(sheet_rows(io.BytesIO(f"<worksheet {MAIN}>{text}</worksheet>".encode())))


def test_cells_have_values_texts_and_formulas():
    (row,) = rows(
        '<row r="7"><c r="A7" t="s"><v>3</v></c><c t="inlineStr"><is><t>a_x0007_</t><rPh><t>no</t>'
        "</rPh><r><t>b</t></r></is></c><c><f/><v>1</v></c></row>"
    )
    assert row.number == "7"
    assert [(c.reference, c.kind, c.value, c.inline, c.formula) for c in row.cells] == [
        ("A7", "s", "3", "", None),
        ("", "inlineStr", "", "a\x07b", None),
        ("", "", "1", "", ""),
    ]


def test_shared_strings_are_joined_without_phonetic_readings():
    text = f"<sst {MAIN}><si><r><t>홍</t></r><r><t>길동</t></r><rPh><t>x</t></rPh></si><si/></sst>"
    assert list(shared_strings(io.BytesIO(text.encode()))) == ["홍길동", ""]


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        f'<worksheet a="{"x" * 5_000_000}"/>',
        f"<worksheet {MAIN}><row>{'<c/>' * 17_000}</row></worksheet>",
        f"<worksheet {MAIN}><row><c><v>{'x' * 1_100_000}</v></c></row></worksheet>",
        f"<worksheet {MAIN}><row>",
    ],
    ids=["entities", "attribute", "cells", "text", "cut"],
)
def test_what_no_spreadsheet_writes_is_refused(text):
    with pytest.raises(BROKEN):
        list(sheet_rows(io.BytesIO(text.encode())))


def test_elements_that_nobody_asked_for_are_not_kept():
    sheet = io.BytesIO(f"<worksheet {MAIN}>{'<x/>' * 200_000}</worksheet>".encode())
    tracemalloc.start()
    assert list(sheet_rows(sheet)) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("reference", ["", "7", "aa1", "ABCD1", "Ä1"])
def test_references_without_a_column_are_refused(reference):
    with pytest.raises(ValueError, match="no column"):
        column_number(reference)


def test_columns_are_counted_from_a():
    assert [column_number(r) for r in ("A1", "Z9", "AA10", "XFD1")] == [0, 25, 26, 16_383]
