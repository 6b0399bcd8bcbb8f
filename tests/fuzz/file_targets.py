"""Tables of people, exports, pictures and backups."""

from __future__ import annotations

import contextlib
import io
import zipfile
import zlib
from datetime import date

from kiosk.core.errors import KioskError
from kiosk.storage.audit.export_proof import DIGEST
from kiosk.storage.backup import backup_file
from kiosk.storage.tabular import people_sheet, table_reader
from kiosk.storage.tabular.export_reader import read_rows
from kiosk.vision.camera.picture_decoder import decode_picture
from tests.fuzz.document_targets import written
from tests.fuzz.target import FuzzTarget
from tests.helpers.hostile_tables import BOOK, RELATIONS, STYLES, sheet_of

TODAY = date(2026, 3, 2)
_XML = (
    b"<c", b"</c>", b"<row", b"<v>", b"</v>", b"<f>", b"<is><t>", b"<si>", b"<rPh>", b' t="s"',
    b' r="A1"', b' r="XFD1048576"', b"&amp;", b"&#0;", b"<![CDATA[", b"_x0000_",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<?xml version='1.0' encoding='utf-16'?>",
    b' s="1"', b' hidden="1"', b' state="hidden"', b"0000-0000", b"[h]:mm", b"#,##0",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
)  # fmt: skip
_PNG = b"\x89PNG\r\n\x1a\n"


def _people(name: str, data: bytes) -> None:
    """Read a table in this process: the child process is what the bounds stand for."""
    people_sheet.read_table = table_reader.parse_table
    with contextlib.suppress(KioskError):
        people_sheet.read_people(written(name, data), TODAY)


def _csv(data: bytes) -> None:
    _people("people.csv", data)
    with contextlib.suppress(KioskError):
        for row in read_rows(written("log.csv", data), "csv"):
            assert len(row.columns) == len(row.cells) and DIGEST


def _json_lines(data: bytes) -> None:
    with contextlib.suppress(KioskError):
        for _ in read_rows(written("log.jsonl", data), "jsonl"):
            pass


def _xlsx(data: bytes) -> None:
    """Read ``data`` as a workbook, or, after a first byte of 1 to 5, as one part of a workbook."""
    if data[:1] in (b"\1", b"\2", b"\3", b"\4", b"\5"):
        data = _book(data[0], data[1:])
    _people("people.xlsx", data)
    with contextlib.suppress(KioskError):
        for _ in read_rows(written("log.xlsx", data), "xlsx"):
            pass


def _book(part: int, data: bytes) -> bytes:
    sheet = sheet_of('<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>').encode()
    parts = {
        "xl/worksheets/sheet1.xml": data if part == 1 else sheet,
        "xl/sharedStrings.xml": data if part == 2 else b"",
        "xl/workbook.xml": data if part == 3 else BOOK.encode(),
        "xl/_rels/workbook.xml.rels": data if part == 4 else RELATIONS.encode(),
        "xl/styles.xml": data if part == 5 else STYLES.encode(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        for name, content in parts.items():
            if content:
                book.writestr(name, content)
    return packed.getvalue()


def _picture(data: bytes) -> None:
    if data.startswith(_PNG):
        data = _with_checksums(data)
    with contextlib.suppress(KioskError, MemoryError):  # in the child, the bound itself
        image = decode_picture(data, "picture")
        assert image.ndim == 3 and image.shape[2] == 3 and max(image.shape) <= 1600


def _with_checksums(data: bytes) -> bytes:
    """Return a PNG with the right checksum in each chunk, so that what it holds is looked at."""
    made = bytearray(data)
    at = 8
    while at + 12 <= len(made):
        end = at + 8 + int.from_bytes(made[at : at + 4], "big")
        if end + 4 > len(made):
            break
        made[end : end + 4] = zlib.crc32(made[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(made)


def _backup(data: bytes) -> None:
    """Read ``data`` as a backup, or, if it begins with a brace, as the header of one."""
    if data[:1] == b"{":
        data = backup_file.MAGIC + len(data).to_bytes(4, "big") + data + bytes(400)
    file = written("x.mjb", data)
    for step in (
        lambda: backup_file.header(file),
        lambda: backup_file.content_key(file, "master", bytes(32)),
        lambda: backup_file.authenticate(file, bytes(32)),
        lambda: backup_file.destroy_key(file, 1),
    ):
        with contextlib.suppress(KioskError):
            step()


FILES = (
    FuzzTarget(
        "csv", _csv, (b",", b";", b"\t", b'""', b'","', b"\r\n", "학번,이름\n".encode("cp949"))
    ),
    FuzzTarget("json_lines", _json_lines, (b'{"a": ', b"}\n", b"[]\n")),
    FuzzTarget("xlsx", _xlsx, _XML),
    FuzzTarget(
        "picture",
        _picture,
        (
            b"IHDR",
            b"IDAT",
            b"\xff\xc0",
            b"\xff\xc2",
            b"\xff\xda",
            b"VP8X",
            b"ftypheic",
            b"ispe",
            b"Exif\0\0",
        ),
    ),
    FuzzTarget("backup", _backup, (backup_file.MAGIC, b'"people": ', b'"number": ', b"+09:00")),
)
