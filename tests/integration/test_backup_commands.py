"""Commands about keys, receipts, consent, the log's chain and backups, run in this process."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.core.decisions import Decision, LogFilter, Mode, Outcome, Reason
from kiosk.core.people import AccountRole, Person
from kiosk.storage.store import Store
from tests.helpers.administrators import seasoned
from tests.unit.storage.samples import template


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def munjigi(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """Run one command to its end."""

    def run(*words: object, data: Path | None = None, typed: str = "") -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        code = main([*map(str, words), *(["--data-dir", str(data)] if data is not None else [])])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


def test_keys_are_shown_and_rotated_and_receipts_verified(munjigi, tmp_path):
    data = tmp_path / "data"
    receipt = tmp_path / "receipt.json"
    with Store.open(data / "munjigi.db") as store:
        people = store.people
        for number in ("9999-1", "9999-2"):
            people.add_with_templates(Person(number, "이산"), [template(1)])
    shown = munjigi("keys", data=data).stdout
    assert str(tmp_path / "data-keys") in shown
    assert "in place of" in munjigi("keys", "rotate", data=data).stdout
    after = munjigi("keys", data=data).stdout
    assert [line for line in after.splitlines() if "public" in line] == [
        line for line in shown.splitlines() if "public" in line
    ]
    done = munjigi("people", "delete", "9999-1", "--yes", "--receipt", receipt, data=data)
    assert done.returncode == 0, done.stderr
    checked = munjigi("keys", "verify", receipt)
    assert (
        checked.returncode == 0 and "genuine" in checked.stdout and "9999-1" not in checked.stdout
    )
    assert len(munjigi("people", "receipts", data=data).stdout.splitlines()) == 1
    receipt.write_text(receipt.read_text().replace("command:", "somebody:"))
    assert munjigi("keys", "verify", receipt).returncode == 2
    (tmp_path / "data-keys").rename(tmp_path / "away")
    said = munjigi("doctor", data=data).stdout
    assert "the stored faces cannot be read" in said and "put it back" in said


def test_a_persons_own_data_and_consent(munjigi, tmp_path):
    with Store.open(tmp_path / "munjigi.db") as store:
        store.people.add_with_templates(
            Person("9999-1", "이산", consented_at=datetime(2026, 3, 2, tzinfo=UTC)), [template(1)]
        )
    target = tmp_path / "own.json"
    assert munjigi("people", "export", "9999-1", target, data=tmp_path).returncode == 0
    assert (
        len(json.loads(target.read_text())["templates"]) == 1
        and target.stat().st_mode & 0o777 == 0o600
    )
    assert "face deleted" in munjigi("people", "withdraw", "9999-1", data=tmp_path).stdout
    assert munjigi("people", "export", "9999-1", target, data=tmp_path).returncode == 0
    assert json.loads(target.read_text())["templates"] == []


def test_backup_restores_the_kiosk_on_another_machine(munjigi, tmp_path):
    data = tmp_path / "data"
    elsewhere = tmp_path / "elsewhere"
    with Store.open(data / "munjigi.db") as store:
        store.people.add_with_templates(Person("9999-1", "이산"), [template(1)])
    code = munjigi("backup", "recovery-code", data=data)
    assert code.returncode == 0 and "shown only now" in code.stderr
    assert "read back" in munjigi("backup", "now", data=data).stdout
    listed = munjigi("backup", data=data).stdout
    assert "by-hand" in listed and "master key or recovery code" in listed
    assert "1 people, 1 templates that open" in munjigi("backup", "verify", data=data).stdout
    [copy] = (data / "backups").glob("*.mjb")
    refused = munjigi("backup", "restore", copy, "--yes", data=elsewhere)
    assert (
        refused.returncode == 2
        and "put it back, or restore a backup with the recovery code" in refused.stderr
    )
    assert (
        munjigi(
            "backup", "restore", copy, "--yes", "--recovery-code", data=elsewhere, typed="WRONG\n"
        ).returncode
        == 2
    )
    back = munjigi(
        "backup",
        "restore",
        copy,
        "--yes",
        "--recovery-code",
        data=elsewhere,
        typed=code.stdout.lower(),
    )
    assert back.returncode == 0 and "restored" in back.stdout, back.stderr
    assert "이산" in munjigi("people", data=elsewhere).stdout
    with Store.open(elsewhere / "munjigi.db") as store:
        assert len(store.people.templates("net")) == 1
    sound = munjigi("log", "verify", data=elsewhere)
    assert sound.returncode == 0 and "compare" not in sound.stdout
    name = sound.stdout.split()[-1]
    shown = munjigi("keys", data=elsewhere).stdout
    assert f"signing key      {name}" in shown and "earlier key" in shown, (
        "that of before the restore counts here, too"
    )
    (tmp_path / "elsewhere-keys").rename(tmp_path / "away")
    assert "compare each of these" in munjigi("log", "verify", data=elsewhere).stdout
    assert (
        munjigi(
            "log", "verify", "--key", name, "--key", "0123456789abcdef", data=elsewhere
        ).returncode
        == 0
    )
    foreign = munjigi("log", "verify", "--key", "0123456789abcdef", data=elsewhere)
    assert foreign.returncode == 2 and "is none of this kiosk's" in foreign.stdout


def test_log_verification_names_the_manipulation(munjigi, tmp_path):
    data = tmp_path / "data"
    target = tmp_path / "log.csv"
    with Store.open(data / "munjigi.db") as store:
        for n in range(5):
            store.access_log.append(
                Decision(
                    datetime(2026, 3, 1 + n, 9, tzinfo=UTC),
                    Outcome.REJECT,
                    Reason.UNKNOWN,
                    Mode.IDENTIFY,
                    0.8,
                    "net",
                )
            )
    assert munjigi("log", "export", target, data=data).returncode == 0
    checked = munjigi("log", "verify", target)
    assert checked.returncode == 0 and "5 rows are as exported" in checked.stdout
    sound = munjigi("log", "verify", data=data)
    fingerprint = sound.stdout.split()[-1]
    assert sound.returncode == 0 and "6 rows are as written" in sound.stdout, (
        "the export is an action"
    )
    assert munjigi("log", "verify", target, "--key", fingerprint).returncode == 0
    assert "not by 0123" in munjigi("log", "verify", target, "--key", "0123").stdout
    assert "2 rows" in munjigi("log", "remove", "--before", "2026-03-03", data=data).stdout
    assert "2 older ones were removed" in munjigi("log", "verify", data=data).stdout
    with closing(sqlite3.connect(data / "munjigi.db")) as raw, raw:
        raw.execute("UPDATE log SET outcome = 'ACCEPT' WHERE id = 4")
    wrong = munjigi("log", "verify", data=data)
    assert (
        wrong.returncode == 2 and "Row 4 of log (2026-03-04 09:00:00) was changed" in wrong.stdout
    )
    target.write_bytes(target.read_bytes().replace(b"REJECT", b"ACCEPT", 1))
    assert "row 1 of log.csv" in munjigi("log", "verify", target).stdout


def test_removing_rows_needs_two_administrators_if_required(munjigi, tmp_path, monkeypatch):
    pin = "482915"
    with Store.open(tmp_path / "munjigi.db") as store:
        for name in ("kim", "lee"):
            seasoned(store, name, pin)
    (tmp_path / "config.toml").write_text("[security]\ntwo_admins = true\n")
    monkeypatch.setattr("getpass.getpass", lambda prompt: pin)
    remove = ("log", "remove", "--before", "2100-01-01")
    refused = munjigi(*remove, data=tmp_path, typed="kim\nkim\n")
    assert refused.returncode == 2 and "second administrator" in refused.stderr
    done = munjigi(*remove, data=tmp_path, typed="kim\nlee\n")
    assert done.returncode == 0 and "is still provable" in done.stdout, done.stderr
    with Store.open(tmp_path / "munjigi.db") as store:
        [row] = store.audit_log.query(LogFilter(text="log_rows_removed"), 9, 0)[0]
    assert row.actor == "kim + lee"


def test_restoring_needs_two_administrators_if_required(munjigi, tmp_path, monkeypatch):
    data = tmp_path / "data"
    pin = "482915"
    with Store.open(data / "munjigi.db") as store:
        for name in ("kim", "lee"):
            seasoned(store, name, pin)
        store.accounts.create("staff", AccountRole.STAFF, pin)
    assert munjigi("backup", "now", data=data).returncode == 0
    (data / "config.toml").write_text("[security]\ntwo_admins = true\n")
    monkeypatch.setattr("getpass.getpass", lambda prompt: pin)
    restore = ("backup", "restore", "--yes")
    assert "at a terminal" in munjigi(*restore, data=data).stderr
    for typed in ("kim\nkim\n", "kim\nstaff\n"):
        refused = munjigi(*restore, data=data, typed=typed)
        assert refused.returncode == 2 and "second administrator" in refused.stderr
    assert not (data / "set-aside").exists()
    (data / "munjigi.db").write_bytes(b"\xff" * 30_000)  # then those of the backup are asked
    assert munjigi(*restore, data=data, typed="kim\nkim\n").returncode == 2
    done = munjigi(*restore, data=data, typed="kim\nlee\n")
    assert done.returncode == 0 and "restored" in done.stdout, done.stderr
    with Store.open(data / "munjigi.db") as store:
        assert [
            a.actor for a in store.audit_log.query(LogFilter(text="backup_restored"), 9, 0)[0]
        ] == ["kim + lee"]


def keys_in(folder: Path) -> dict[Path, bytes]:
    """Return every key of a key folder; the note of the log's newest row changes with each row."""
    return {path: path.read_bytes() for path in folder.glob("*.key") if "anchor-" not in path.name}


@pytest.mark.parametrize(
    "words",
    [
        ("log", "remove", "--before", "2100-01-01"),
        ("backup", "restore", "--yes"),
        ("backup", "recovery-code"),
        ("keys", "rotate"),
    ],
    ids=" ".join,
)
def test_other_settings_do_not_skip_the_second_administrator(munjigi, tmp_path, monkeypatch, words):
    pin = "482915"
    data = tmp_path / "data"
    with Store.open(data / "munjigi.db") as store:
        for name in ("kim", "lee"):
            seasoned(store, name, pin)
    (data / "config.toml").write_text("[security]\ntwo_admins = true\n")
    assert munjigi("backup", "now", data=data).returncode == 0
    (data / "config.toml").unlink()
    other = tmp_path / "other.toml"
    other.write_text("[security]\ntwo_admins = false\n")
    monkeypatch.setattr("getpass.getpass", lambda prompt: pin)
    before = keys_in(tmp_path / "data-keys")
    for config in ((), ("--config", other)):
        for typed, said in (("", "at a terminal"), ("kim\nkim\n", "second administrator")):
            refused = munjigi(*words, *config, data=data, typed=typed)
            assert refused.returncode == 2 and said in refused.stderr
    assert keys_in(tmp_path / "data-keys") == before
    done = munjigi(*words, "--config", other, data=data, typed="kim\nlee\n")
    assert done.returncode == 0, done.stderr
    with Store.open(data / "munjigi.db") as store:
        assert store.two_admins.is_on(), "also after a restore"
        actors = {row.actor for row in store.audit_log.query(LogFilter(), 99, 0)[0]}
        assert "kim + lee" in actors


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("backup", "verify"), "There is no backup"),
        (("backup", "verify", "nothing.mjb"), "There is no backup nothing.mjb"),
        (("backup", "verify", "README.md"), "is not a backup of Munjigi"),
        (("backup", "restore"), "No backup in"),
        (("backup", "restore", "--recovery-code"), "typed at a terminal"),
        (("log", "remove"), "Name the day"),
        (("log", "verify"), "does not exist"),
        (("log", "verify", "/no/such.csv"), "is not beside the export"),
        (("people", "export", "404", "x.json"), "Nobody with student number 404"),
        (("keys", "verify"), "Name the receipt"),
        (("keys", "verify", "README.md"), "is not JSON"),
        (("keys", "verify", "/no/such.json"), "cannot be read"),
    ],
)
def test_bad_input_prints_one_sentence_and_returns_2(munjigi, words, says, tmp_path):
    done = munjigi(*words, data=tmp_path / "data")
    assert done.returncode == 2
    assert says in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_restore_over_a_damaged_database_waits_for_its_confirmation(munjigi, tmp_path):
    data = tmp_path / "data"
    with Store.open(data / "munjigi.db") as store:
        store.people.add(Person("2026-1", "홍길동"))
        store.people.add(Person("2026-2", "이산", enabled=False))
        store.accounts.create("관리자", AccountRole.ADMIN, "482915")
    assert "No restored backup" in munjigi("backup", "confirm", data=data).stdout
    assert munjigi("backup", "now", data=data).returncode == 0
    (data / "munjigi.db").write_bytes(b"\xff" * 20_000)
    done = munjigi("backup", "restore", "--yes", data=data)
    assert done.returncode == 0 and "stays locked until" in done.stdout, done.stderr
    said = munjigi("doctor", data=data).stdout
    assert "have not been confirmed" in said
    silent = munjigi("backup", "confirm", data=data)
    assert silent.returncode == 2 and "add --yes" in silent.stderr
    no = munjigi("backup", "confirm", data=data, typed="no\n")
    assert no.returncode == 0 and "stays locked" in no.stdout
    assert "person\t2026-1\t홍길동\tenabled" in no.stdout
    assert "person\t2026-2\t이산\tdisabled" in no.stdout
    assert "account\t관리자\tadmin\tenabled" in no.stdout
    yes = munjigi("backup", "confirm", data=data, typed="yes\n")
    assert yes.returncode == 0 and "may open again" in yes.stdout
    assert "No restored backup" in munjigi("backup", "confirm", data=data).stdout
