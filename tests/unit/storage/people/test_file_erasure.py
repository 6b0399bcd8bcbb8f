"""A deletion reaches every file beside the database, and names what it cannot decide about."""

from __future__ import annotations

import inspect
import json
import os
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PurePath

import pytest

from kiosk.core import paths
from kiosk.core.people import Person
from kiosk.core.reports import Unreached
from kiosk.storage.backup.scratch import PREFIX, scratch_folder
from kiosk.storage.people.data_places import PLACES, place_of
from kiosk.storage.people.file_erasure import ERASERS
from kiosk.storage.people.file_retention import remove_old_files
from kiosk.storage.store import Store
from tests.helpers.written_places import UnlistedFile
from tests.unit.storage.samples import MORNING

IN_DATABASE = {"database", "backups", "restored"}
"""Places that ``Erasure`` itself and the start treat."""


@pytest.fixture
def hong(store: Store) -> int:
    for number in ("2026-1", "2026-1-2"):
        store.people.add(Person(number, "홍길동", consented_at=MORNING))
    return 1


def written(path: Path, name: str, text: str = "x") -> Path:
    file = path.parent / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def destroyed(store: Store, person: int) -> tuple[dict[str, int], tuple[Unreached, ...], str]:
    receipt = store.people.delete(person)
    statement = receipt.document["statement"]
    return statement["destroyed"], receipt.unreached, statement["kept"]


def test_every_place_with_people_says_what_a_deletion_does() -> None:
    about_people = {place.name for place in PLACES if place.deletion}
    assert about_people == IN_DATABASE | set(ERASERS) | {"staff log"}, "which is masked and stays"


FUNCTIONS = [
    function
    for name, function in inspect.getmembers(paths, inspect.isfunction)
    if list(inspect.signature(function).parameters) == ["data_dir"] and name != "keys_dir"
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_path_in_the_data_folder_has_a_place(function: Callable[[Path], Path]) -> None:
    inside = function(Path("data")).relative_to("data")
    assert place_of(inside) or place_of(inside / "file") or place_of(inside / "x.mjb")


def test_other_files_have_none() -> None:
    assert place_of(PurePath("munjigi.db.copy")) is None
    assert place_of(PurePath("photographs/2026-1.jpg")) is None


def test_a_file_that_the_program_writes_elsewhere_fails_its_test(store: Store, path: Path) -> None:
    from kiosk.core.files import atomic_write

    with pytest.raises(UnlistedFile, match="in no place"):
        atomic_write(path.with_name("notes.txt"), b"x")
    atomic_write(path.with_name("config.toml"), b"x")


def test_photographs_named_by_the_number_are_deleted(store: Store, path: Path, hong: int) -> None:
    gone = [
        written(path, f"imports/{name}")
        for name in ("2026-1.jpg", "photos/2026-1-1.png", "photos/2026-1/front.jpg")
    ]
    kept = [
        written(path, f"imports/{name}")
        for name in ("2026-1-2.jpg", "2026-10.jpg", "photos/2026-2.jpg", "photos/a/2026-2/2.jpg")
    ]
    counted, unreached, _ = destroyed(store, hong)
    assert counted["photographs"] == len(gone) and unreached == ()
    assert not [file for file in gone if file.exists()]
    assert [file for file in kept if file.exists()] == kept


def test_tables_that_name_the_person_are_named_without_naming_the_person(
    store: Store, path: Path, hong: int
) -> None:
    written(path, "imports/all.csv", "번호,이름\n2026-1,홍길동\n2026-9,이산\n")
    as_on_a_mac = unicodedata.normalize("NFD", "imports/홍길동 2026-1.csv")
    written(path, as_on_a_mac, "number,name\n 2026-1 ,Hong\n")
    written(path, "imports/others.csv", "number,name\n2026-12,San\n")
    written(path, "imports/broken.xlsx", "not a workbook")
    _, unreached, _ = destroyed(store, hong)
    assert unreached == (
        Unreached("imports/all.csv", "by_hand"),
        Unreached("imports/broken.xlsx", "by_hand"),
        Unreached("imports/*** ***.csv", "by_hand"),
    )


def test_links_among_the_imports_lead_nowhere(
    store: Store, path: Path, hong: int, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    (target / "2026-1.jpg").write_text("kept")
    imports = paths.imports_dir(path.parent)
    imports.mkdir()
    (imports / "photos").symlink_to(target)
    (imports / "2026-1.jpg").symlink_to(target / "2026-1.jpg")
    destroyed(store, hong)
    remove_old_files(path.parent, MORNING + timedelta(days=99_999))
    assert (target / "2026-1.jpg").read_text() == "kept"


def test_withdrawn_consent_deletes_photographs_and_leaves_tables(
    store: Store, path: Path, hong: int
) -> None:
    photograph = written(path, "imports/2026-1.jpg")
    written(path, "imports/all.csv", "번호,이름\n2026-1,홍길동\n")
    receipt = store.people.withdraw(hong)
    assert not photograph.exists() and receipt.unreached == ()


def test_documents_go_and_exported_logs_are_counted(store: Store, path: Path, hong: int) -> None:
    own = written(path, "exports/own-data-2026-1.json", json.dumps({"person": {"id": 1}}))
    truncated = written(path, "exports/own-data-2026-1-3.json", '{"person": {"id"')
    other = written(path, "exports/own-data-2026-1-2.json", json.dumps({"person": {"id": 2}}))
    written(path, "exports/deletion-receipt-7.json")
    written(path, "exports/access-log-20260302.csv")
    written(path, "exports/access-log-20260302.csv.proof")
    counted, _, kept = destroyed(store, hong)
    assert counted["documents"] == 2 and not own.exists() and not truncated.exists()
    assert other.exists() and kept == "log rows and 2 exported files, until their retention ends"


def test_an_unpacked_backup_of_a_killed_process_goes_and_one_in_use_is_named(
    store: Store, path: Path, hong: int
) -> None:
    left = [written(path, "0.unpacked"), written(path, f"{PREFIX}1/unpacked.db")]
    with scratch_folder(path.parent) as folder:
        _, unreached, _ = destroyed(store, hong)
        assert folder.exists() and unreached == (Unreached(folder.name, "in_use"),)
    assert not [file for file in left if file.exists()]


def test_old_exports_and_imports_go_with_the_log(path: Path) -> None:
    old = [written(path, "exports/old.csv"), written(path, "imports/photos/2026-1.jpg")]
    kept = written(path, "munjigi.db")
    put_there = old[-1].stat().st_ctime
    for file in old:  # as copied from a disk that keeps dates
        os.utime(file, (0, 0))
    before = MORNING.fromtimestamp(put_there - 1).astimezone()
    assert remove_old_files(path.parent, before) == 0
    assert remove_old_files(path.parent, before + timedelta(days=1)) == 2
    assert not [file for file in old if file.exists()] and kept.exists()
