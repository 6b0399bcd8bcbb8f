"""Merged cells: what a workbook shows once beside several rows counts for each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kiosk.storage.tabular.sheet_reader import column_number
from kiosk.storage.tabular.table_rows import MAX_CELLS, MAX_ROWS, CellTrait, Rows

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6}):[A-Z]{1,3}([1-9]\d{0,6})", re.ASCII)


def filled_down(rows: Rows, merged: Sequence[str], traits: dict[int, dict[int, CellTrait]]) -> Rows:
    """Return ``rows`` with the text of each merged cell in all rows beside which it stands.

    Its trait is added to ``traits`` for these rows too.

    The text lies in the first of them, and stays in the first column: a title across several
    columns is none of theirs. Raise ``ValueError`` for references that are none, or that cover more
    cells than there can be rows.
    """
    places = {number: place for place, (number, _) in enumerate(rows)}
    cells: dict[int, list[str]] = {}
    visited = 0
    for reference in merged:
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise ValueError("a merged cell has no place")
        column, first, last = column_number(found[1]), int(found[2]), int(found[3])
        text = _text(rows, places, first, column)
        if not text or column >= MAX_CELLS:
            continue
        visited += last - first
        if visited > MAX_CELLS * MAX_ROWS or last > MAX_ROWS:
            raise ValueError("its merged cells cover too much")
        for number in range(first + 1, last + 1):
            if number in places:
                own = cells.setdefault(number, list(rows[places[number]][1]))
                own += [""] * (column + 1 - len(own))
                own[column] = own[column] or text
                if (marked := traits.get(column)) is not None and first in marked:
                    marked[number] = marked[first]
    return tuple((number, tuple(cells.get(number, own))) for number, own in rows)


def _text(rows: Rows, places: dict[int, int], number: int, column: int) -> str:
    own = rows[places[number]][1] if number in places else ()
    return own[column] if column < len(own) else ""
