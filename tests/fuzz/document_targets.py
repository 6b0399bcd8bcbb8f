"""Settings, policies, receipts, proofs and badges."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.access.badges import PREFIX, BadgeKey
from kiosk.access.policy.policy_file import load_policy
from kiosk.app.bootstrap.config_factory import default_config
from kiosk.core.config import load_config
from kiosk.core.decisions import Reason
from kiosk.core.errors import KioskError
from kiosk.core.parsed_json import parse_json
from kiosk.core.settings import setting_rows
from kiosk.storage.audit.export_proof import PURPOSE as EXPORT
from kiosk.storage.audit.export_proof import proof_of, verify_export
from kiosk.storage.crypto.signing import Signer, signed
from kiosk.storage.people.deletion_receipts import PURPOSE as RECEIPT
from kiosk.storage.people.deletion_receipts import verified
from tests.fuzz.target import FuzzTarget

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
_DEFAULTS = default_config()
_SIGNER = Signer(bytes(32))
_BADGES = BadgeKey(bytes(32))
_JSON = (b'"statement":', b"null", b"true", b"[]", b"{}", b'"\\ud800"', b"1e5", b",", b":")
_TOML = (b"[", b"]", b"[[", b"=", b"#", b'"""', b"{", b"}", b"true", b"2026-03-02", b"0x", b".")


def _folder() -> Path:
    """Return a folder in memory for files that are written again and again."""
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) else None
    made = Path(tempfile.mkdtemp(prefix="munjigi-fuzz-", dir=place))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


FOLDER = _folder()


def written(name: str, data: bytes) -> Path:
    """Write the one file ``name`` and return its path."""
    file = FOLDER / name
    file.write_bytes(data)
    return file


def _config(data: bytes) -> None:
    with contextlib.suppress(KioskError):
        setting_rows(load_config(written("config.toml", data), _DEFAULTS))


def _policy(data: bytes) -> None:
    with contextlib.suppress(KioskError):
        load_policy(written("policy.toml", data))


def _statement(data: bytes, purpose: str) -> bytes:
    """Return ``data``, or where it is a JSON object, that object signed by a stranger."""
    with contextlib.suppress(ValueError):
        statement: Any = parse_json(data)
        if isinstance(statement, dict) and "signature" not in statement:
            return json.dumps(signed(_SIGNER, purpose, statement)).encode()
    return data


def _receipt(data: bytes) -> None:
    with contextlib.suppress(KioskError, ValueError):  # of what is no JSON
        verified(parse_json(_statement(data, RECEIPT)))


def _proof(data: bytes) -> None:
    table = written("log.csv", b"number,at,digest\n1,x,0123456789abcdef\n")
    proof_of(table).write_bytes(_statement(data, EXPORT))
    with contextlib.suppress(KioskError):
        assert verify_export(table).finding


def _badge(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for each in (text, PREFIX + text):
        read = _BADGES.read(each, NOW)
        assert read in (Reason.BAD_CODE, Reason.OLD_CODE) or each in (_genuine(),)


@cache
def _genuine() -> str:
    return _BADGES.issue(datetime(2030, 1, 1, tzinfo=UTC), bytes(10))[0]


DOCUMENTS = (
    FuzzTarget("config", _config, (*_TOML, b"[door]\n", b"[camera]\n", b'source = "rtsp://')),
    FuzzTarget("policy", _policy, (*_TOML, b"[schedules.x]\n", b"[groups.x]\n", b'"09:00-18:00"')),
    FuzzTarget("receipt", _receipt, _JSON),
    FuzzTarget("proof", _proof, (*_JSON, b'"rows":', b'"columns":', b'"kind": "xlsx"')),
    FuzzTarget("badge", _badge, (PREFIX.encode(), b"=", b"A" * 48)),
)
