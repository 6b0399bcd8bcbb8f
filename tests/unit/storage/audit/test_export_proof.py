"""Verification of exports: the first row changed, removed, inserted or moved is found."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.decisions import LogFilter, Outcome
from kiosk.core.errors import StorageError
from kiosk.storage.audit.export_proof import proof_of, verify_export
from kiosk.storage.audit.log_export import KINDS, export_log
from kiosk.storage.crypto.key_store import new_key
from kiosk.storage.crypto.signing import Signer, signed
from kiosk.storage.store import Store
from tests.helpers.hostile_documents import STATEMENTS, forged
from tests.unit.storage.samples import MORNING, decision

ODD = [
    "=1+1",
    "-1",
    "'x",
    "_x0041_",
    " a ",
    "",
    "홍길동",
    "a,b",
    'a"b',
    "<&>",
    "\ufffd",
    "🙂",
    "a_x000D_b",
]


@pytest.fixture
def exported(store: Store, path: Path, tmp_path: Path) -> dict[str, Path]:
    """The same log exported to each file format."""
    log = store.access_log
    for n, name in enumerate(ODD):
        log.append(
            decision(
                MORNING + timedelta(seconds=n),
                person_name=name,
                person_number=f"{n}",
                distance=math.pi / (n + 1),
                runner_up=None,
            )
        )
    files = {kind: tmp_path / f"log.{kind}" for kind in KINDS}
    for kind, file in files.items():
        assert export_log(path, LogFilter(), file, kind, vault=store.vault) == len(ODD)
    return files


@pytest.mark.parametrize("kind", KINDS)
def test_an_untouched_export_is_genuine(exported: dict[str, Path], store: Store, kind: str) -> None:
    report = verify_export(exported[kind])
    assert (report.rows, report.finding) == (len(ODD), "")
    assert report.fingerprint == store.signer().fingerprint
    assert proof_of(exported[kind]).stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@given(distance=st.floats(-2, 2), quality=st.floats(0, 1), text=st.text(max_size=10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_every_export_kind_verifies_for_any_log(
    store: Store, path: Path, tmp_path: Path, distance: float, quality: float, text: str
) -> None:
    store.access_log.append(
        decision(distance=distance, quality=quality, person_name=text, person_number=text[::-1])
    )
    for kind in KINDS:
        export_log(path, LogFilter(), tmp_path / f"x.{kind}", kind, vault=store.vault)
        assert verify_export(tmp_path / f"x.{kind}").finding == ""


def lines(file: Path) -> list[str]:
    return file.read_text("utf-8").split("\n")[:-1]


def write(file: Path, rows: list[str]) -> None:
    file.write_text("".join(row + "\n" for row in rows), "utf-8")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda rows: [rows[0], rows[1].replace("ACCEPT", "REJECT"), *rows[2:]],
            "row 2 of log.jsonl (number 12) was changed",
        ),
        (lambda rows: [*rows[:4], *rows[5:]], "row 5 of log.jsonl (number 8)"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "row 1 of log.jsonl (number 12)"),
        (lambda rows: [*rows[:3], rows[0], *rows[3:]], "row 4 of log.jsonl (number 13)"),
        (
            lambda rows: [
                rows[0],
                rows[1]
                .replace('"distance"', '"x"')
                .replace('"threshold"', '"distance"')
                .replace('"x"', '"threshold"'),
                *rows[2:],
            ],
            "row 2 of log.jsonl has other columns",
        ),
        (lambda rows: [*rows[:3], "{}", *rows[3:]], "row 4 of log.jsonl has other columns"),
        (lambda rows: ["{}", *rows], "the columns of log.jsonl were changed"),
        (
            lambda rows: [*rows[:2], rows[2].replace('"frames": 6, ', ""), *rows[3:]],
            "row 3 of log.jsonl has other columns",
        ),
        (
            lambda rows: [*rows[:2], rows[2].replace("{", '{"distance": 0.1, ', 1), *rows[3:]],
            "row 3 of log.jsonl has other columns",
        ),
        (
            lambda rows: [
                rows[0].replace('"person": "a_x000D_b"', '"person": "a_x000D_b" '),
                *rows[1:],
            ],
            "log.jsonl was changed outside its rows",
        ),
        (lambda rows: rows[:-2], "2 rows at the end of log.jsonl were removed"),
        (lambda rows: [], "13 rows at the end of log.jsonl were removed"),
        (
            lambda rows: [rows[0].replace('"time"', '"date"'), *rows[1:]],
            "the columns of log.jsonl were changed",
        ),
    ],
)
def test_each_change_of_an_export_is_found(exported: dict[str, Path], change, says: str) -> None:
    file = exported["jsonl"]
    write(file, change(lines(file)))
    assert verify_export(file).finding.startswith(says)


def test_recomputed_digests_lack_the_signature(
    exported: dict[str, Path], store: Store, path: Path
) -> None:
    file = exported["jsonl"]
    proof = proof_of(file).read_bytes()
    export_log(
        path, LogFilter(outcome=Outcome.REJECT), file, "jsonl", vault=store.vault
    )  # fewer rows, all of them genuine
    proof_of(file).write_bytes(proof)
    assert "were removed" in verify_export(file).finding
    statement = json.loads(proof)["statement"]
    proof_of(file).write_text(
        json.dumps(signed(Signer(new_key()), "log export", statement | {"rows": 0}))
    )
    assert verify_export(file).fingerprint != json.loads(proof)["fingerprint"], (
        "somebody else's signature has their own name"
    )
    proof_of(file).write_text(
        json.dumps(json.loads(proof) | {"statement": statement | {"rows": 0}})
    )
    assert "was changed" in verify_export(file).finding


def test_a_changed_cell_of_a_csv_and_of_a_workbook_is_found(exported: dict[str, Path]) -> None:
    table = list(csv.reader(io.StringIO(exported["csv"].read_text("utf-8-sig"), newline="")))
    table[3][7] = "0.1"
    with exported["csv"].open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows(table)
    assert verify_export(exported["csv"]).finding.startswith("row 3 of log.csv (number 11)")
    with zipfile.ZipFile(exported["xlsx"]) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(exported["xlsx"], "w") as book:
        for name, content in parts.items():
            book.writestr(name, content.replace("홍길동".encode(), "이산".encode()))
    assert verify_export(exported["xlsx"]).finding.startswith("row 7 of log.xlsx (number 7)")


def test_a_workbook_that_shows_another_sheet_is_found(exported: dict[str, Path]) -> None:
    """Keep our rows, but make the workbook show others."""
    with zipfile.ZipFile(exported["xlsx"]) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    rels = "xl/_rels/workbook.xml.rels"
    parts["xl/worksheets/evil.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        "홍길동".encode(), "이산".encode()
    )
    parts[rels] = parts[rels].replace(b"worksheets/sheet1.xml", b"worksheets/evil.xml")
    with zipfile.ZipFile(exported["xlsx"], "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    assert verify_export(exported["xlsx"]).finding.startswith(
        "log.xlsx was changed outside its rows"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_proof_of_an_older_program_proves_the_rows(
    exported: dict[str, Path], store: Store, kind: str
) -> None:
    proof = proof_of(exported[kind])
    statement = json.loads(proof.read_bytes())["statement"]
    assert verify_export(exported[kind]).whole
    del statement["sha256"]
    proof.write_text(
        json.dumps(
            signed(
                store.signer(),
                "log export",
                statement,
            )
        )
    )
    report = verify_export(exported[kind])
    assert (report.finding, report.whole) == ("", False)


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        ("csv", b'"x" y"\r\n'),
        ("csv", b"1,2\r\n"),
        ("jsonl", b'{"number": \n'),
        ("jsonl", b"[" * 100_000 + b"\n"),
    ],
)
def test_the_row_that_cannot_be_read_is_named(
    exported: dict[str, Path], kind: str, broken: bytes
) -> None:
    rows = exported[kind].read_bytes().splitlines(keepends=True)
    at = 4 if kind == "csv" else 3
    exported[kind].write_bytes(b"".join([*rows[:at], broken, *rows[at:]]))
    with pytest.raises(StorageError, match=f"log.{kind} cannot be read as {kind} from row 4 on"):
        verify_export(exported[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_actions_are_exported_and_proved_too(
    store: Store, path: Path, tmp_path: Path, kind: str
) -> None:
    record = store.using(lambda: MORNING).audit_log.record
    record("signed_in", "관리자", {"role": "admin"})
    record("settings_changed", "system", {"door.open_s": "4 → 9"})
    file = tmp_path / f"actions.{kind}"
    assert (
        export_log(path, LogFilter(text="signed"), file, kind, vault=store.vault, what="actions")
        == 1
    )
    assert verify_export(file) and verify_export(file).finding == ""


@pytest.mark.parametrize("kind", KINDS)
def test_an_unreadable_export_is_refused(exported: dict[str, Path], kind: str) -> None:
    file = exported[kind]
    file.write_bytes(b"\xff\xfenonsense,\n")
    try:
        assert verify_export(file).finding
    except StorageError as error:
        assert "cannot be read" in str(error)
    proof_of(file).write_text("nonsense")
    assert "was changed" in verify_export(file).finding
    proof_of(file).unlink()
    with pytest.raises(StorageError, match="not beside the export"):
        verify_export(file)


def test_without_the_signing_key_nothing_is_exported(
    store: Store, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.vault.store, "get", lambda name: None)
    store.vault._signers.clear()
    with pytest.raises(StorageError, match="put it back"):
        export_log(path, LogFilter(), tmp_path / "x.csv", "csv", vault=store.vault)
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize("statement", STATEMENTS, ids=range(len(STATEMENTS)))
def test_statements_that_anybody_signed_are_not_genuine(tmp_path, statement):
    path = tmp_path / "log.csv"
    path.write_text("a,digest\n1,2\n")
    proof_of(path).write_bytes(forged("log export", statement))
    try:
        assert verify_export(path).finding
    except StorageError as error:
        assert str(error).endswith(".")
