"""The staff log outlives the access log, in signed files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core import paths
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.storage.audit.export_proof import verify_export
from kiosk.storage.audit.retention import Retention
from kiosk.storage.audit.staff_log_archive import StaffLogArchive
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING, decision

DAY = timedelta(days=1)


@pytest.fixture
def months(store: Store) -> Iterator[Store]:
    """A visit and something that staff did, on each of 120 days until ``MORNING``."""
    for n in range(120, 0, -1):
        at = MORNING - n * DAY
        store.access_log.append(decision(at))
        store.using(lambda at=at: at).audit_log.record("people_viewed", "조교", {"day": n})
    yield store


def kept(archive: StaffLogArchive) -> set[int]:
    """The days whose rows are in files; each file must be as it was signed."""
    days: set[int] = set()
    for file in archive.folder.glob("*.jsonl"):
        assert verify_export(file).finding == ""
        assert file.stat().st_mode & 0o077 == 0 and archive.folder.stat().st_mode & 0o077 == 0
        for line in file.read_text(encoding="utf-8").splitlines():
            detail = json.loads(line)["detail"]
            days.add((json.loads(detail) if isinstance(detail, str) else detail)["day"])
    return days


def in_database(store: Store) -> set[int]:
    rows = store.audit_log.query(LogFilter(text="people_viewed"), 500, 0)[0]
    return {int(row.detail["day"]) for row in rows}


def test_no_row_leaves_the_database_before_it_is_in_a_file(months: Store) -> None:
    archive = StaffLogArchive(months, 730, 90)
    rule = Retention(months, 90, archive)
    for n in range(3):
        rule.run(MORNING + n * DAY)
        assert kept(archive) | in_database(months) == set(range(1, 121))
    assert 120 in kept(archive) and 120 not in in_database(months)
    assert len(list(archive.folder.glob("*.proof"))) == len(list(archive.folder.glob("*.jsonl")))


def test_rows_that_cannot_be_kept_are_not_removed(months: Store, path: Path) -> None:
    paths.staff_log_dir(path.parent).write_text("in the way")
    before = in_database(months)
    with pytest.raises(StorageError):
        Retention(months, 90, StaffLogArchive(months, 730, 90)).run(MORNING)
    assert in_database(months) == before


def test_files_go_when_their_rows_are_old_enough(months: Store) -> None:
    archive = StaffLogArchive(months, 730, 90)
    Retention(months, 90, archive).run(MORNING)
    written = datetime.now().astimezone()
    assert archive.remove_old(written + 639 * DAY) == 0 and kept(archive)
    assert archive.remove_old(written + 641 * DAY) == 2 and not any(archive.folder.iterdir())


def test_a_retention_no_longer_than_the_logs_keeps_no_files(months: Store) -> None:
    archive = StaffLogArchive(months, 90, 90)
    Retention(months, 90, archive).run(MORNING)
    assert not archive.folder.exists() and archive.remove_old(MORNING + 999 * DAY) == 0
