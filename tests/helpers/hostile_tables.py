"""Tables of people that cost a careless reader gigabytes or minutes, in small files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_HEADER = (
    '<row r="1"><c t="inlineStr"><is><t>number</t></is></c>'
    '<c t="inlineStr"><is><t>name</t></is></c></row>'
)
BOOK = (
    f'<workbook {MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
)

STYLES = (
    f'<styleSheet {MAIN}><numFmts count="2"><numFmt numFmtId="164" formatCode="0000-0000"/>'
    '<numFmt numFmtId="165" formatCode="yyyy&quot;년&quot; m;[Red]-0"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)


def workbook(sheet: str | bytes, shared: str | None = None, more: int = 0) -> bytes:
    """Return a workbook with ``sheet`` as the first sheet's part; ``more``: further empty parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr("xl/workbook.xml", BOOK)
        book.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        if shared is not None:
            book.writestr("xl/sharedStrings.xml", shared)
        for number in range(more):
            book.writestr(str(number), b"")
    return packed.getvalue()


def sheet_of(rows: str, after: str = "") -> str:
    """Return a sheet with ``rows`` below a header; ``after``: what follows its data."""
    return f"<worksheet {MAIN}><sheetData>{_HEADER}{rows}</sheetData>{after}</worksheet>"


def hostile_tables(scale: float = 1.0) -> Iterator[tuple[str, bytes]]:
    """Yield (file name, content); ``scale``: share of the full sizes."""
    many = int(10_000_000 * scale)
    yield "elements.xlsx", workbook(sheet_of("<x/>" * many))
    yield "cells.xlsx", workbook(sheet_of(f'<row r="2">{"<c/>" * many}</row>'))
    yield "rows.xlsx", workbook(sheet_of('<row><c r="A1"><v>1</v></c></row>' * (many // 5)))
    yield "merged.xlsx", workbook(sheet_of("", '<mergeCell ref="A1:B2"/>' * (many // 3)))
    yield "deep.xlsx", workbook(f"<worksheet {MAIN}>" + "<a>" * many)
    yield "attribute.xlsx", workbook(f'<worksheet {MAIN} a="{"x" * (many * 8)}"/>')
    yield "text.xlsx", workbook(sheet_of(f'<row><c t="str"><v>{"x" * (many * 8)}</v></c></row>'))
    strings = f"<si><t>{'x' * 900}</t></si>"
    yield (
        "shared.xlsx",
        workbook(sheet_of(""), f"<sst {MAIN}>{strings * (many // 60)}</sst>"),
    )
    line = "<row>" + '<c t="s"><v>0</v></c>' * 60 + "</row>"
    yield (
        "references.xlsx",
        workbook(sheet_of(line * int(90_000 * scale)), f"<sst {MAIN}>{strings}</sst>"),
    )
    yield "dimension.xlsx", workbook(sheet_of('<row r="1048576"><c r="XFD1048576"/></row>'))
    yield "number.xlsx", workbook(sheet_of(f'<row r="{"9" * 5000}"><c r="A1"/></row>'))
    yield "column.xlsx", workbook(sheet_of(f'<row r="2"><c r="{"Z" * 5000}2"><v>1</v></c></row>'))
    yield "nested.xlsx", workbook(workbook(workbook(sheet_of(""))))
    yield "entities.xlsx", workbook(_entities())
    yield "parts.xlsx", workbook(sheet_of(""), more=int(100_000 * scale))
    yield "commas.csv", b"number,name\n" + b"," * int(15_000_000 * scale)
    yield "quoted.csv", b'number,name\n"' + b"x\n" * int(7_000_000 * scale)
    yield "astral.csv", b"number,name\n" + "\U0001f511".encode() * int(3_900_000 * scale)
    yield "rows.csv", b"number,name\n" + b"1\n" * int(7_000_000 * scale)
    yield (
        "combining.csv",
        b"number,name\n" + ("a" + "\u0323\u0301" * 499 + "\n").encode() * int(7_000 * scale),
    )
    half = "".join(f"{number},a\n" for number in range(int(49_000 * scale)))
    yield "twice.csv", ("number,name\n" + half * 2).encode()


def _entities() -> str:
    steps = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' if n else '<!ENTITY e0 "ha">' for n in range(12)
    )
    return f"<!DOCTYPE a [{steps}]><worksheet {MAIN}>&e11;</worksheet>"
