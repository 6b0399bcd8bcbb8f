"""Templates at rest: bound to a person, destroyed with the key; a missing key loses nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlite_utils

from kiosk.core import paths
from kiosk.core.errors import StorageError
from kiosk.core.people import Person, Receipt
from kiosk.storage.audit.seal_verification import verify_seals
from kiosk.storage.backup import backup_file, restore
from kiosk.storage.crypto.key_rotation import finish, rotate
from kiosk.storage.crypto.key_store import FileKeys, new_key, store_key
from kiosk.storage.crypto.signer_list import SIGNERS
from kiosk.storage.crypto.signing import check
from kiosk.storage.db import schema_steps
from kiosk.storage.db.wal_scrub import WalScrub
from kiosk.storage.people import deletion_receipts
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.store import Store
from tests.unit.storage.samples import (
    MORNING,
    master_of,
    opened,
    plain_database,
    taken_until,
    template,
)

HONG = Person("2026-0001", "홍길동")
SAN = Person("2026-0002", "이산")


@pytest.fixture
def people(store: Store) -> PeopleStore:
    return store.using(lambda: MORNING).people


def everything(folder: Path) -> dict[str, bytes]:
    """All bytes in the data folder: database, journals, free pages, backups, exports."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def pieces(blob: bytes) -> list[bytes]:
    """Samples of sixteen bytes of what must not be found."""
    return [blob[at : at + 16] for at in range(0, len(blob) - 15, 16)]


def files_with(folder: Path, blob: bytes) -> list[str]:
    return [
        name
        for name, content in everything(folder).items()
        if any(piece in content for piece in pieces(blob))
    ]


def execute(store: Store, sql: str, *values: object) -> list[tuple]:
    return store.database.call(lambda: store.database.connection.execute(sql, values).fetchall())


def test_a_stored_template_is_nowhere_to_be_read(people: PeopleStore, path: Path) -> None:
    made = template(1, dimension=64)
    people.add_with_templates(HONG, [made])
    assert files_with(path.parent, made.vector.tobytes()) == []
    np.testing.assert_array_equal(people.templates("net")[0].vector, made.vector)


def test_the_database_holds_no_key(people: PeopleStore, path: Path) -> None:
    people.add_with_templates(HONG, [template(1)])
    keys = [
        bytes.fromhex(file.read_text().strip())
        for file in paths.keys_dir(path.parent).iterdir()
        if file.stem != SIGNERS and not file.name.lstrip(".").startswith(("sealed-", "anchor-"))
    ]
    assert len(keys) == 3  # master, signing and the database's secret
    for key in keys:
        assert (
            files_with(path.parent, key) == [] and files_with(path.parent, key.hex().encode()) == []
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE templates SET person_id = 3 - person_id",  # a face under another person
        "UPDATE templates SET id = id + 10",
        "UPDATE templates SET embedder_id = 'other'",
        "UPDATE templates SET sealed ="
        " (SELECT sealed FROM templates AS o WHERE o.id <> templates.id LIMIT 1)",
        "UPDATE person_keys SET wrapped ="
        " (SELECT wrapped FROM person_keys AS o WHERE o.person_id <> person_keys.person_id)",
    ],
)
def test_a_template_opens_only_where_it_belongs(
    people: PeopleStore, store: Store, change: str
) -> None:
    people.add_with_templates(HONG, [template(1)])
    people.add_with_templates(SAN, [template(2)])
    execute(store, change)
    embedder_id = "other" if "embedder" in change else "net"
    for read in (people.templates, people.template_table):
        assert len(read(embedder_id)) < 2  # some of the changes leave one as it was


DAMAGES = (
    "UPDATE templates SET sealed = zeroblob(length(sealed)) WHERE person_id = 1",
    "UPDATE templates SET sealed = zeroblob(32), dimension = 1 WHERE person_id = 1",
    "UPDATE templates SET id = id + 100 WHERE person_id = 1",
    "UPDATE templates SET person_id = 2 WHERE person_id = 1",
    "UPDATE person_keys SET wrapped = zeroblob(length(wrapped)) WHERE person_id = 1",
    "UPDATE person_keys SET master = 'nothing' WHERE person_id = 1",
)


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_damage_to_one_person_keeps_only_that_person_out(
    people: PeopleStore, store: Store, damage: str
) -> None:
    others = (SAN, replace(SAN, number="3"), replace(SAN, number="4"))
    for number, person in enumerate((HONG, *others)):
        people.add_with_templates(person, [template(number)])
    execute(store, damage)
    assert {one.person_id for one in people.templates("net")} == {2, 3, 4}
    assert list(people.template_table("net").person_ids) == [2, 3, 4]
    assert list(people.template_table("net", [1, 2]).person_ids) == [2]
    check = verify_seals(store.database.path, store.vault)
    assert check.rows.get("templates") or check.keys == (1,)
    people.add_with_templates(replace(SAN, number="5"), [template(9)])
    copy = store.backups.make("x", MORNING)
    assert restore.verify(store.backups, copy).templates == 4


def test_values_that_are_not_finite_keep_only_their_person_out(
    people: PeopleStore, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as careless:
        careless.setattr(np, "isfinite", lambda values: np.ones(np.shape(values), bool))
        wrong = replace(template(1), vector=np.full_like(template(1).vector, np.nan))
        people.add_with_templates(HONG, [wrong])
    people.add_with_templates(SAN, [template(2)])
    assert list(people.template_table("net").person_ids) == [2]
    assert [one.person_id for one in people.templates("net")] == [2]


# missing keys


def move_keys(path: Path) -> Path:
    away = path.parent.parent / "away"
    shutil.move(paths.keys_dir(path.parent), away)
    return away


def test_without_its_key_the_database_opens_and_the_templates_do_not(path: Path) -> None:
    with Store.open(path) as store:
        store.people.add_with_templates(HONG, [template(1)])
    away = move_keys(path)
    with Store.open(path) as store:
        people = store.people
        for attempt in (
            lambda: people.templates("net"),
            lambda: people.templates("of nobody"),
            lambda: people.template_table("net"),
            lambda: people.template_table("of nobody"),
            lambda: people.template_table("net", [1]),
            lambda: people.add_with_templates(SAN, [template(2)]),
            lambda: people.search("", 9, 0),  # nobody can say who is genuine
        ):
            with pytest.raises(StorageError, match="put it back") as caught:
                attempt()
            assert caught.value.key == "error.key_missing"
        assert not paths.keys_dir(path.parent).exists(), (
            "a new key would hide that the old one is missing"
        )
        shutil.move(away, paths.keys_dir(path.parent))
        assert len(people.templates("net")) == 1  # without a restart
        assert [p.name for p in people.search("", 9, 0)[0]] == [
            "홍길동"
        ]  # no person was stored partially


def test_a_wrong_and_an_unreadable_key_are_said(path: Path) -> None:
    with Store.open(path) as store:
        people = store.people
        people.add_with_templates(HONG, [template(1)])
        [file] = paths.keys_dir(path.parent).glob("master-*")
        right = file.read_text()
        file.write_text(new_key().hex())
        with pytest.raises(StorageError, match="is another key"):
            people.templates("net")
        file.unlink()
        file.mkdir()
        with pytest.raises(StorageError, match="cannot be read"):
            people.templates("net")
        file.rmdir()
        file.write_text(right)
        assert len(people.templates("net")) == 1


def test_vault_without_a_storable_key_stores_nothing(path: Path) -> None:
    path.parent.parent.mkdir(exist_ok=True)
    paths.keys_dir(path.parent).write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        Store.open(path)
    paths.keys_dir(path.parent).unlink()
    Store.open(path).close()


# data of an older program


def older(path: Path, monkeypatch: pytest.MonkeyPatch, number: int = 3) -> list[np.ndarray]:
    made = [template(n, dimension=64) for n in range(number)]
    with monkeypatch.context() as patch:
        patch.setattr(schema_steps, "steps", taken_until("0002_embedders_by_checksum"))
        plain_database(path, [("net", one) for one in made])
    return [one.vector for one in made]


def test_templates_of_an_older_program_are_sealed_and_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = older(path, monkeypatch)
    assert files_with(path.parent, vectors[0].tobytes()) != []
    with Store.open(path) as store:
        stored = store.people.templates("net")
        for one, other in zip(stored, vectors, strict=True):
            np.testing.assert_array_equal(one.vector, other)
        for vector in vectors:
            assert files_with(path.parent, vector.tobytes()) == []
    assert {file.name for file in path.parent.iterdir()} == {
        "munjigi.db",
        "backups",
        "backup-folders.json",
    }


def test_the_backup_before_migration_is_whole_and_deleted_with_the_first_person(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = older(path, monkeypatch)
    with Store.open(path) as store:
        [copy] = store.backups.files()
        with opened(copy, path) as inside:
            assert [
                row[0] for row in inside.execute("SELECT vector FROM templates ORDER BY id")
            ] == [v.tobytes() for v in vectors]
        people = store.people
        people.delete(people.by_number("2026-1").id)
        assert store.backups.files() == []  # the templates in it were not sealed


def test_a_failed_sealing_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = older(path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr("kiosk.storage.people.template_rows.seal", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Store.open(path)
    with closing(sqlite3.connect(path)) as raw:
        assert (
            raw.execute("SELECT count(*) FROM templates WHERE vector IS NOT NULL").fetchone()[0]
            == 3
        )
        assert "0003_sealed_templates" not in schema_steps.applied(sqlite_utils.Database(raw))
    with Store.open(path) as store:
        assert len(store.people.templates("net")) == len(vectors)


# deleting


def deleted(people: PeopleStore, store: Store, path: Path) -> tuple[dict[str, bytes], Receipt]:
    """Enrol, back up twice and delete a person; return their secrets and the receipt."""
    made = template(1, dimension=64)
    hong = people.add_with_templates(HONG, [made, template(2, dimension=64)])
    people.add_with_templates(SAN, [template(3, dimension=64)])
    store.backups.make("one", MORNING)
    secret = {
        "template": made.vector.tobytes(),
        "sealed": execute(store, "SELECT sealed FROM templates WHERE person_id = ?", hong.id)[0][0],
        "wrapped": execute(store, "SELECT wrapped FROM person_keys WHERE person_id = ?", hong.id)[
            0
        ][0],
    }
    store.backups.make("two", MORNING)
    assert files_with(path.parent, secret["sealed"]) and files_with(path.parent, secret["wrapped"])
    return secret, people.delete(hong.id or 0, "관리자")


@pytest.mark.slow
def test_of_a_deleted_person_nothing_is_left_in_any_file(
    people: PeopleStore, store: Store, path: Path
) -> None:
    secret, _ = deleted(people, store, path)
    for what, blob in secret.items():
        assert files_with(path.parent, blob) == [], what
    store.close()
    for what, blob in secret.items():
        assert files_with(path.parent, blob) == [], f"{what} after closing"


def test_a_reader_in_the_way_only_puts_off_that_nothing_is_left(
    people: PeopleStore, store: Store, path: Path
) -> None:
    chore = WalScrub(store.database)
    assert not chore.due(MORNING)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        secret, _ = deleted(people, store, path)
        assert files_with(path.parent, secret["wrapped"]) and chore.due(MORNING)
        chore.run(MORNING)
        assert chore.due(MORNING), "the reader still reads"
    chore.run(MORNING)
    assert not chore.due(MORNING)
    assert [what for what, blob in secret.items() if files_with(path.parent, blob)] == []


def test_a_pending_scrub_is_finished_at_the_next_start(
    people: PeopleStore, store: Store, path: Path
) -> None:
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        secret, _ = deleted(people, store, path)
        store.close()
        assert files_with(path.parent, secret["wrapped"])
    with Store.open(path) as again:
        assert not WalScrub(again.database).due(MORNING)
        assert [what for what, blob in secret.items() if files_with(path.parent, blob)] == []


@pytest.mark.parametrize("end", [PeopleStore.delete, PeopleStore.withdraw])
def test_exported_own_data_are_deleted_too(
    people: PeopleStore, path: Path, end: Callable[[PeopleStore, int], Receipt]
) -> None:
    exports = paths.exports_dir(path.parent)
    exports.mkdir(parents=True)
    for person in (
        people.add_with_templates(HONG, [template(1)]),
        people.add_with_templates(SAN, [template(2)]),
    ):
        (exports / f"own-data-{person.number}.json").write_text(
            json.dumps({"person": {"id": person.id}})
        )
    (exports / "own-data-2026-0001-2.json").write_text(json.dumps({"person": {"id": 1}}))
    (exports / "own-data-x.json").write_text("no JSON")
    # what a kill during ``atomic_write`` leaves
    (exports / ".own-data-2026-0001-3.json.0a1b2c3d.part").write_text('{"person": {"id"')
    end(people, 1)
    assert sorted(file.name for file in exports.iterdir()) == [
        "own-data-2026-0002.json",
        "own-data-x.json",
    ]


def test_a_deleted_persons_templates_open_from_no_backup(
    people: PeopleStore, store: Store, path: Path
) -> None:
    deleted(people, store, path)
    for copy in store.backups.files():
        keys = backup_file.person_keys(copy, master_of(path, copy))
        assert keys[1] == backup_file.GONE and keys[2] not in (
            backup_file.GONE,
            backup_file.FACE_GONE,
        )
        with opened(copy, path) as inside:
            assert inside.execute("SELECT count(*) FROM person_keys").fetchone()[0] == 0
            assert (
                inside.execute("SELECT count(*) FROM templates WHERE person_id = 1").fetchone()[0]
                == 2
            )  # sealed without a key


def test_the_pages_of_a_backup_contain_no_person_key(
    people: PeopleStore, store: Store, path: Path
) -> None:
    people.add_with_templates(HONG, [template(1)])
    [[wrapped]] = execute(store, "SELECT wrapped FROM person_keys")
    copy = store.backups.make("x", MORNING)
    with opened(copy, path) as inside:
        assert wrapped not in inside.serialize()


def test_the_receipt_names_what_was_destroyed_but_not_the_person(
    people: PeopleStore, store: Store, path: Path
) -> None:
    _, receipt = deleted(people, store, path)
    statement = deletion_receipts.verified(receipt.document)
    assert statement["destroyed"] == {
        "key": 1,
        "templates": 2,
        "keys_in_backups": 2,
        "damaged_backups": 0,
        "documents": 0,
        "photographs": 0,
        "databases_set_aside": 0,
    }
    assert statement["not_reached"] == [] and receipt.unreached == ()
    assert (statement["by"], statement["name"]) == ("관리자", "홍*동") and "2026-0001" not in str(
        receipt.document
    )
    assert people.receipts() == [receipt]
    public = execute(store, "SELECT hex(public) FROM signers")[0][0].lower()
    assert receipt.document["public_key"] == public
    for change in (
        {"statement": {**statement, "by": "nobody"}},
        {"signature": "00" * 64},
        {"purpose": "x"},
    ):
        with pytest.raises(StorageError, match="changed after"):
            deletion_receipts.verified({**receipt.document, **change})
    assert check(receipt.document, "deletion receipt")


def test_a_deletion_is_all_or_nothing(
    people: PeopleStore, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hong = people.add_with_templates(HONG, [template(1)])
    with monkeypatch.context() as patch:
        patch.setattr(deletion_receipts, "issue", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            people.delete(hong.id or 0)
    assert len(people.templates("net")) == 1 and people.receipts() == []


def test_a_backup_that_cannot_be_changed_stops_the_deletion(
    people: PeopleStore, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hong = people.add_with_templates(HONG, [template(1)])
    store.backups.make("x", MORNING)

    def refused(path: Path, file: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(backup_file, "_header", refused)
    with pytest.raises(StorageError, match="cannot be"):
        people.delete(hong.id or 0)
    assert people.get(hong.id or 0) == hong and len(people.templates("net")) == 1


# another master key


def test_a_new_master_key_opens_everything_and_the_old_one_is_gone(
    people: PeopleStore, store: Store, path: Path
) -> None:
    people.add_with_templates(HONG, [template(1)])
    copy = store.backups.make("x", MORNING)
    old, new, backups = rotate(store)
    assert backups == 1 and backup_file.header(copy).slots["master"] == new != old
    names = sorted(file.name for file in paths.keys_dir(path.parent).glob("master-*"))
    assert names == [f"master-{new}.key"]
    np.testing.assert_array_equal(people.templates("net")[0].vector, template(1).vector)
    assert backup_file.person_keys(copy, master_of(path, copy))
    assert finish(store) == 0


def test_a_rotation_that_broke_off_loses_nothing(
    people: PeopleStore, store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add_with_templates(HONG, [template(1)])
    copy = store.backups.make("x", MORNING)
    with monkeypatch.context() as patch:
        patch.setattr("kiosk.storage.crypto.key_rotation.finish", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rotate(store)
    assert len(people.templates("net")) == 1 and master_of(
        path, copy
    )  # with the old key, which still exists
    assert finish(store) == 1
    assert master_of(path, copy) and len(list(paths.keys_dir(path.parent).glob("master-*"))) == 1


def test_templates_are_read_by_as_many_statements_for_many_people_as_for_few(
    people: PeopleStore, store: Store
) -> None:
    def statements() -> int:
        seen: list[str] = []
        database = store.database
        database.call(lambda: database.connection.set_trace_callback(seen.append))
        found = people.templates("net")
        database.call(lambda: database.connection.set_trace_callback(None))
        assert len(found) == 5 * len({one.person_id for one in found})
        return len(seen)

    def enrol(first: int, count: int) -> None:
        for n in range(first, first + count):
            made = [replace(template(n, dimension=128), pose=str(k)) for k in range(5)]
            people.add_with_templates(Person(f"N{n}", "이름"), made)

    enrol(0, 2)
    few = statements()
    enrol(2, 18)
    assert len(people.templates("net")) == 100
    assert 0 < statements() == few


def test_two_databases_may_share_a_folder_of_keys(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path / "shared")
    store_key(keys, "master", new_key())  # of another database
    for name in ("a", "b"):
        with Store.open(tmp_path / name / "munjigi.db", keys=keys) as store:
            store.people.add_with_templates(HONG, [template(1)])
    for name in ("a", "b"):
        with Store.open(tmp_path / name / "munjigi.db", keys=keys) as store:
            assert len(store.people.templates("net")) == 1
