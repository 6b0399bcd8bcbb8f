"""Write the first inputs of every target: ``python -m tests.fuzz.seeds``."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import cv2
import numpy as np
import pillow_heif
from PIL import Image

from kiosk.access.badges import BadgeKey
from kiosk.core.fleet import FleetAccount, NodeKind
from kiosk.fleet.trust.content_codec import account_part, settings_part
from kiosk.fleet.trust.node_documents import NodeDocument, SecretsMark, node_id
from kiosk.fleet.trust.person_codec import private_part
from kiosk.storage.crypto.signing import canonical
from tests.fuzz.document_targets import NOW
from tests.fuzz.file_targets import _book
from tests.fuzz.target import CORPUS
from tests.helpers.fleet_nodes import drawn_person
from tests.helpers.hostile_documents import HEADER, backup
from tests.helpers.hostile_tables import BOOK, MAIN, RELATIONS, STYLES, sheet_of

_CONFIG = b"""[door]
lock = "mqtt"
name = "\xeb\xac\xb8"
pause_s = 60
[camera]
source = "rtsp://u:p@10.0.0.2/live"
fps = 12.5
[command]
open = ["a", "b"]
[security]
two_admins = true
"""
_POLICY = b"""zone = "Asia/Seoul"
[holidays]
country = "KR"
worked = [2026-05-01]
[[holidays.closed]]
first = 2026-12-24
last = 2026-12-26
name = "x"
[schedules.day]
weekdays = ["09:00-18:00"]
sunday = ["00:00-24:00"]
[groups.students]
schedule = "day"
opens = true
[door]
way = "face"
ways = [{ schedule = "day", way = "face_pin" }]
two_person = "day"
passback = "soft"
default_group = "students"
day_begins = "04:00"
"""
_FORMATTED = sheet_of(
    '<row r="2" hidden="1"><c s="1"><v>12345</v></c><c s="2"><v>46082.5</v></c>'
    '<c t="d"><v>2026-03-01</v></c><c t="e"><v>#N/A</v></c><c t="b"><v>1</v></c></row>'
)
_RECEIPT = {
    "deleted": "person", "person": 1, "name": "a", "number": "1", "deleted_at": "x", "by": "b",
}  # fmt: skip
_EXPORT = {
    "rows": 1, "at": "2026-03-02", "kind": "csv", "columns": ["number", "at"],
    "numbers": ["number"], "digest": "0", "sha256": "0",
}  # fmt: skip


def _pictures() -> dict[str, bytes]:
    image = np.arange(24 * 32 * 3, dtype=np.uint8).reshape(24, 32, 3)
    kinds = {
        "a.jpg": (".jpg", image, []),
        "progressive.jpg": (".jpg", image, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        "a.png": (".png", image, []),
        "alpha.png": (".png", np.dstack([image, image[..., 0]]), []),
        "deep.png": (".png", image.astype(np.uint16) * 200, []),
        "a.webp": (".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 60]),
        "a.tiff": (".tiff", image, []),
        "a.bmp": (".bmp", image, []),
        "a.ppm": (".ppm", image, []),
        "a.pgm": (".pgm", image[..., 0], []),
        "a.gif": (".gif", image, []),
        "a.avif": (".avif", image, []),
    }
    pictures = {
        name: cv2.imencode(ending, pixels, options)[1].tobytes()
        for name, (ending, pixels, options) in kinds.items()
    }
    return pictures | {f"turned.{kind}": _turned(image, kind) for kind in ("heif", "png", "webp")}


def _turned(image: np.ndarray, kind: str) -> bytes:
    """Return a photograph of a phone that was held upright."""
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    data = io.BytesIO()
    Image.fromarray(image).save(data, kind, exif=exif.tobytes())
    return data.getvalue()


def seeds() -> Mapping[str, Mapping[str, bytes]]:
    """Return the first inputs by target and name."""
    sheet = sheet_of(
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><f>A1</f></c></row>'
    ).encode()
    strings = f"<sst {MAIN}><si><t>1</t><rPh><t>x</t></rPh></si><si><t>b_x0007_</t></si></sst>"
    badge = BadgeKey(bytes(32)).issue(NOW, bytes(10))[0].encode()
    return {
        "config": {"all": _CONFIG, "old": b"[recognition]\nthreshold = 0.5\n"},
        "policy": {"all": _POLICY, "empty": b""},
        "receipt": {"whole": json.dumps(_RECEIPT).encode(), "none": b"[]"},
        "proof": {"whole": json.dumps(_EXPORT).encode(), "none": b"{}"},
        "badge": {"expired": badge, "short": b"MNJ1.AAAA"},
        "csv": {
            "people": "학번,이름,역할,종료일\n2026-1,홍길동,학생,2027-02-28\n2,a,,\n".encode(),
            "semicolons": 'number;name\n1;"a;""b"\n'.encode("utf-8-sig"),
            "cp949": "학번\t이름\n1\t이산\n".encode("cp949"),
            "gbk": "sep=;\nnumber;name\n1;王伟\n2;李娜\n".encode("gbk"),
            "shift_jis": "number,name\n1,山田太郎\n".encode("cp932"),
            "big5": "number,name\n1,陳志明\n".encode("big5"),
            "utf16": "number\tname\n1\t홍길동\n".encode("utf-16"),
            "log": b"number,at,digest\r\n1,x,0123456789abcdef\r\n",
        },
        "json_lines": {"rows": b'{"number": 1, "at": "x"}\n{"number": 2.5, "at": null}\n'},
        "xlsx": {
            "book": _book(0, b""),
            "sheet": b"\1" + sheet,
            "strings": b"\2" + strings.encode(),
            "workbook": b"\3" + BOOK.encode(),
            "relations": b"\4" + RELATIONS.encode(),
            "styles": b"\5" + STYLES.encode(),
            "formats": b"\1" + _FORMATTED.encode(),
        },
        "picture": _pictures(),
        "backup": {
            "header": json.dumps(HEADER).encode(),
            "whole": backup(json.dumps(HEADER | {"people": 2}).encode())[:900],
        },
        "mqtt": {
            "answer": b'{"id": "1", "state": "locked"}',
            "inputs": b'{"start": "1", "at": 1772444460.5, "exit": true, "fire": false, "v": 2}',
        },
        "fleet_body": _fleet_bodies(),
        "fleet_private": _fleet_private(),
        "http_answer": {
            "body": b'{"id": "1", "state": "locked"}',
            "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "refused": b"HTTP/1.0 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
        },
        "http_request": {
            "health": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:9464\r\n\r\n",
            "metrics": b"GET /metrics HTTP/1.0\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
            "post": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        },
    }


def _fleet_bodies() -> dict[str, bytes]:
    """Return bodies of each kind; the sealed ones end at the key that is missing."""
    keys = b"\1" * 32
    mark = SecretsMark(1, bytes(32))
    node = NodeDocument(node_id(keys), "desk", NodeKind.DESK, keys, keys, secrets=mark)
    sealed = {"v": 1, "key": "00" * 32, "open": {"groups": ["lab"], "enabled": True}}
    return {
        "node": node.body(),
        "order": canonical({"v": 1, "content": {"order": "lockdown", "doors": ["*"]}}),
        "gone": b'{"gone":true,"v":1}',
        "rules": canonical({"v": 1, "text": "[lab]\n"}),
        "sealed": canonical(sealed | {"sealed": "AAAA"}),
    }


def _fleet_private() -> dict[str, bytes]:
    account = FleetAccount("kim", "admin", True, "hash", NOW, NOW)
    return {
        "person": private_part(drawn_person(), sealed_names=True),
        "account": account_part(account),
        "settings": settings_part({"door.pin_for": "everybody", "door.pause_s": 1.5, "x": ["a"]}),
    }


if __name__ == "__main__":
    for target, inputs in seeds().items():
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            (CORPUS / target / name).write_bytes(data)
