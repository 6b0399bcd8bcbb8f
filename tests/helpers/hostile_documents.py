"""JSON, TOML and backups that end a careless reader with a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kiosk.storage.backup.backup_file import MAGIC
from kiosk.storage.crypto.signing import Signer, signed

DEEP = 100_000

JSON: tuple[bytes, ...] = (
    b"[" * DEEP,
    b"[" * 500 + b"]" * 500,
    b'{"a":' * DEEP,
    b'{"purpose": 1e999}',
    b'{"a": NaN}',
    b"-Infinity",
    b"9" * 5000,
    b'"\\ud800"',
    b"\xff\xfe[\0",
    b"null",
    b"[]",
    b'{"statement": [], "public_key": "", "signature": "", "purpose": "", "fingerprint": ""}',
    b'{"statement": {}, "public_key": 5, "signature": [], "purpose": {}, "fingerprint": null}',
)
"""Documents that are no receipt and no proof."""

TOML: tuple[bytes, ...] = (
    b"x = " + b"[" * DEEP,
    b"x = " + b"{a=" * 5000,
    b"[" + b".".join([b"a"] * 5000) + b"]",
    b"door.x = " + b"9" * 5000,
    b"door.pause_s = 0x" + b"f" * 5000,
    b"[recognition]\nthreshold = 1e999",
    b"[door]\nname = " + b"9" * 30,
    b"[door]\n" + b'"\\n\\n" = 1',
    b'["\\u0000"]',
    b"a = 9999-99-99",
    b"\xff\xfe",
    b"#" + b"x" * 1_100_000,
)
"""Documents that are neither settings nor a policy."""

HEADER = {
    "id": "00ff00ff00ff00ff",
    "made_at": "2025-03-02T09:41:00.000000+09:00",
    "label": "x",
    "version": "0001_first",
    "sealed": True,
    "people": 0,
    "number": 10**9,
}
"""What a whole backup says."""


def backup(header: bytes) -> bytes:
    """Return a backup with that header, which nothing opens."""
    return MAGIC + len(header).to_bytes(4, "big") + header + bytes(4000)


def hostile_backups() -> Iterator[bytes]:
    """Yield the contents of files that end in .mjb."""
    for document in JSON:
        yield backup(document)
    changes: tuple[dict[str, object], ...] = (
        {"made_at": "2026-03-02T09:41:00"},
        {"made_at": "2026-03-02"},
        {"made_at": "0001-01-01T00:00:00+14:00"},
        {"made_at": "9999-12-31T23:59:59-14:00"},
        {"made_at": 5},
        {"people": 10**30},
        {"people": -1},
        {"people": True},
        {"people": 1e15},
        {"number": 10**4000},
        {"number": -5},
        {"id": "\ud800"},
        {"id": "../../x"},
        {"label": "a\nb"},
        {"version": "\0"},
        {"sealed": "no"},
    )
    for change in changes:
        yield backup(json.dumps(HEADER | change).encode())
    yield backup(json.dumps(HEADER).encode().replace(b'"people": 0', b'"people": 1e999'))
    whole = backup(json.dumps(HEADER).encode())
    for end in (0, 10, len(MAGIC) + 2, len(MAGIC) + 50, len(whole) - 4000, len(whole) - 3900):
        yield whole[:end]
    at = len(whole) - 4000
    yield whole[:at] + b"\xff" * 16 + whole[at + 16 :]
    yield whole[:at] + b"../../../etc/pas" + whole[at + 16 :]


def forged(purpose: str, statement: dict[str, object]) -> bytes:
    """Return a document that the key of somebody else signed."""
    return json.dumps(signed(Signer(bytes(32)), purpose, statement)).encode()


STATEMENTS: tuple[dict[str, object], ...] = (
    {},
    {"rows": 1e15, "at": 5, "kind": "csv", "columns": ["a"], "numbers": [], "digest": ""},
    {"rows": 1, "at": "x", "kind": "csv", "columns": 5, "numbers": [], "digest": ""},
    {"rows": 1, "at": "x", "kind": "csv", "columns": [["a"]], "numbers": [{}], "digest": ""},
    {"rows": 1, "at": "x", "kind": "exe", "columns": ["a"], "numbers": [], "digest": ""},
    {"rows": 10**4000, "at": "x", "kind": "csv", "columns": ["a"], "numbers": [], "digest": ""},
    {"deleted": "person", "name": "a"},
    {name: ["\n"] for name in ("deleted", "person", "name", "number", "deleted_at", "by")},
    dict.fromkeys(("deleted", "person", "name", "number", "deleted_at", "by"), "\n\x1b[2J"),
)
"""Statements that anybody can sign with a key of their own."""
