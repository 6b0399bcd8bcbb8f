"""Documents of the staff area in the exports' folder."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from kiosk.app.staff.documents import write_document
from kiosk.core.errors import StorageError


def test_a_document_is_private_and_never_replaces_another(tmp_path: Path) -> None:
    first = write_document(tmp_path / "exports", "own-data-1", {"person": {"name": "이산"}})
    second = write_document(tmp_path / "exports", "own-data-1", {})
    assert first != second
    assert json.loads(first.read_bytes()) == {"person": {"name": "이산"}}
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700


def test_a_full_disk_leaves_no_truncated_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        write_document(tmp_path, "own-data-1", {"person": {"id": 1}})
    assert list(tmp_path.iterdir()) == []
