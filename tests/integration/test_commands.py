"""Every command as a person runs it: real processes, real networks, one sentence for bad input."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from kiosk.storage.access_log import AccessLog
from kiosk.storage.database import Database
from kiosk.storage.people import PeopleStore
from kiosk.types import Decision, Mode, Outcome, Person, Reason
from kiosk.vision.cast import CAST
from kiosk.vision.people import draw_person
from tests.unit.storage.made import template

ROOT = Path(__file__).resolve().parents[2]


def munjigi(*words: object, data: Path | None = None, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command to its end, offscreen."""
    options = ["--data-dir", str(data)] if data is not None else []
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, "run_kiosk.py", *map(str, words), *options], cwd=ROOT, env=environment, input=typed,
                          capture_output=True, text=True, encoding="utf-8", timeout=240, check=False)


@pytest.fixture(scope="module")
def portraits(tmp_path_factory) -> Path:
    """A folder of pictures of the cast's first member."""
    folder = tmp_path_factory.mktemp("portraits")
    for index, yaw in enumerate((0.0, 0.1, -0.1, 0.2)):
        cv2.imwrite(str(folder / f"{index}.png"), draw_person(CAST[0].looks, yaw=yaw, noise_seed=index))
    return folder


def test_enrolling_listing_disabling_and_deleting(portraits, tmp_path):
    done = munjigi("enroll", "2099-1", "홍길동", "--images", portraits, "--consent", data=tmp_path)
    assert done.returncode == 0 and "4 templates from 4 good of 4 pictures" in done.stdout, done.stderr
    twin = munjigi("enroll", "2099-2", "다른사람", "--images", portraits, "--consent", data=tmp_path)
    assert twin.returncode == 2 and "enrolled already as 홍길동" in twin.stderr
    assert munjigi("people", "disable", "2099-1", data=tmp_path).returncode == 0
    assert "disabled" in munjigi("people", "list", data=tmp_path).stdout
    assert "Nothing was deleted" in munjigi("people", "delete", "2099-1", data=tmp_path, typed="no\n").stdout
    assert munjigi("people", "delete", "2099-1", "--yes", data=tmp_path).returncode == 0
    assert munjigi("people", data=tmp_path).stdout == "0 people\n"


def test_the_log_is_exported(tmp_path):
    database = Database.open(tmp_path / "munjigi.db")
    AccessLog(database).append(Decision(datetime(2026, 3, 2, 9, 41, tzinfo=UTC), Outcome.REJECT, Reason.UNKNOWN, Mode.IDENTIFY, 0.8, "siamese"))
    database.close()
    target = tmp_path / "log.csv"
    done = munjigi("log", "export", target, "--decision", "reject", data=tmp_path)
    assert done.returncode == 0 and "1 rows" in done.stdout, done.stderr
    assert "unknown" in target.read_text(encoding="utf-8-sig")


def test_keys_are_shown_rotated_and_receipts_verified(tmp_path):
    data, receipt = tmp_path / "data", tmp_path / "receipt.json"
    with Database.open(data / "munjigi.db") as database:
        people = PeopleStore(database)
        for number in ("9999-1", "9999-2"):
            people.add_with_templates(Person(number, "이산"), [template(1)])
    shown = munjigi("keys", data=data).stdout
    assert str(tmp_path / "data-keys") in shown
    assert "in place of" in munjigi("keys", "rotate", data=data).stdout
    after = munjigi("keys", data=data).stdout
    assert [line for line in after.splitlines() if "public" in line] == [line for line in shown.splitlines() if "public" in line]
    done = munjigi("people", "delete", "9999-1", "--yes", "--receipt", receipt, data=data)
    assert done.returncode == 0, done.stderr
    checked = munjigi("keys", "verify", receipt)
    assert checked.returncode == 0 and "genuine" in checked.stdout and "9999-1" not in checked.stdout
    assert len(munjigi("people", "receipts", data=data).stdout.splitlines()) == 1
    receipt.write_text(receipt.read_text().replace("command:", "somebody:"))
    assert munjigi("keys", "verify", receipt).returncode == 2
    (tmp_path / "data-keys").rename(tmp_path / "away")
    said = munjigi("doctor", data=data).stdout
    assert "the stored faces cannot be read" in said and "put it back" in said


def test_a_persons_own_data_and_consent(tmp_path):
    with Database.open(tmp_path / "munjigi.db") as database:
        PeopleStore(database).add_with_templates(Person("9999-1", "이산", consented_at=datetime(2026, 3, 2, tzinfo=UTC)), [template(1)])
    target = tmp_path / "own.json"
    assert munjigi("people", "export", "9999-1", target, data=tmp_path).returncode == 0
    assert len(json.loads(target.read_text())["templates"]) == 1 and target.stat().st_mode & 0o777 == 0o600
    assert "face deleted" in munjigi("people", "withdraw", "9999-1", data=tmp_path).stdout
    assert munjigi("people", "export", "9999-1", target, data=tmp_path).returncode == 0
    assert json.loads(target.read_text())["templates"] == []


def test_a_kiosk_comes_back_from_its_backup_on_another_machine(tmp_path):
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    with Database.open(data / "munjigi.db") as database:
        PeopleStore(database).add_with_templates(Person("9999-1", "이산"), [template(1)])
    code = munjigi("backup", "recovery-code", data=data)
    assert code.returncode == 0 and "shown only now" in code.stderr
    assert "read back" in munjigi("backup", "now", data=data).stdout
    listed = munjigi("backup", data=data).stdout
    assert "by-hand" in listed and "master key or recovery code" in listed
    assert "1 people, 1 templates that open" in munjigi("backup", "verify", data=data).stdout
    [copy] = (data / "backups").glob("*.mjb")
    refused = munjigi("backup", "restore", copy, "--yes", data=elsewhere)
    assert refused.returncode == 2 and "put it back, or restore a backup with the recovery code" in refused.stderr
    assert munjigi("backup", "restore", copy, "--yes", "--recovery-code", data=elsewhere, typed="WRONG\n").returncode == 2
    back = munjigi("backup", "restore", copy, "--yes", "--recovery-code", data=elsewhere, typed=code.stdout.lower())
    assert back.returncode == 0 and "restored" in back.stdout, back.stderr
    assert "이산" in munjigi("people", data=elsewhere).stdout
    with Database.open(elsewhere / "munjigi.db") as database:
        assert len(PeopleStore(database).templates("net")) == 1
    assert munjigi("log", "verify", data=elsewhere).returncode == 0


@pytest.mark.parametrize(("words", "says"), [
    (("backup", "verify"), "There is no backup"),
    (("backup", "verify", "nothing.mjb"), "There is no backup nothing.mjb"),
    (("backup", "verify", "README.md"), "is no backup of Munjigi"),
    (("backup", "restore"), "No backup in"),
    (("backup", "restore", "--recovery-code"), "Nobody is there to type"),
    (("log", "remove"), "Name the day"),
    (("log", "verify", "/no/such.csv"), "is not beside the export"),
    (("people", "export", "404", "x.json"), "Nobody with student number 404"),
    (("keys", "verify"), "Name the receipt"),
    (("keys", "verify", "README.md"), "is not JSON"),
    (("keys", "verify", "/no/such.json"), "cannot be read"),
    (("enroll", "1", "이름", "--images", "."), "Nobody is enrolled without consent"),
    (("enroll", "1", "이름", "--images", "/no/such/folder", "--consent"), "There is no /no/such/folder"),
    (("people", "disable"), "Name a student number"),
    (("people", "delete", "404"), "Nobody with student number 404"),
    (("log", "export", "log.pdf"), "must end in .csv"),
    (("log", "export", "x.csv", "--since", "yesterday"), "is not a date"),
    (("weights", "fetch"), "Name the network"),
    (("weights", "fetch", "nothing"), "There is no network 'nothing'"),
    (("weights", "fetch", "dlib"), "cannot be fetched"),
    (("doctor", "--config", "/no/such.toml"), "There is no configuration file"),
    (("run", "--tour", "/proc/tour"), "cannot be written"),
    (("run", "--camera", "/no/such"), "There is no camera, video or folder"),
])
def test_bad_input_is_one_sentence_and_exit_code_2(words, says, tmp_path):
    done = munjigi(*words, data=tmp_path / "data")
    assert done.returncode == 2
    assert says in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    (tmp_path / "munjigi.db").write_bytes(b"not a database, but somebody's notes" * 100)
    done = munjigi("people", data=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert (tmp_path / "munjigi.db").read_bytes().startswith(b"not a database")


def test_weights_are_listed_and_verified():
    done = munjigi("weights", "verify")
    assert done.returncode == 0 and "(default)" in done.stdout and "verified" in done.stdout


def test_doctor_names_every_check(tmp_path):
    done = munjigi("doctor", data=tmp_path)
    for name in ("python", "packages", "libraries", "display", "fonts", "weights", "camera", "database", "keys", "backup", "disk", "clock"):
        assert name in done.stdout, done.stdout
    assert done.returncode in (0, 2) and "Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "says"), [
    (("--camera", "/no/such/camera"), "There is no camera, video or folder"),
    (("--camera", "99"), "99"),
    (("--camera", "run_kiosk.py"), "cannot be read as a video"),
    (("--camera", "demo", "--config", "bad.toml"), "There is no network 'nothing'"),
])
def test_a_kiosk_that_cannot_start_says_why(words, says, tmp_path):
    (tmp_path / "bad.toml").write_text('[recognition]\nembedder = "nothing"\n')
    words = [tmp_path / word if word == "bad.toml" else word for word in words]
    with_display = {**os.environ, "QT_QPA_PLATFORM": "vnc", "DISPLAY": ":77"}  # it stops before it would be opened
    done = subprocess.run([sys.executable, "run_kiosk.py", "run", *map(str, words), "--data-dir", str(tmp_path)], cwd=ROOT,
                          env=with_display, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_without_anybody_to_confirm_nothing_is_deleted(tmp_path):
    with Database.open(tmp_path / "munjigi.db") as database:
        PeopleStore(database).add(Person("2026-1", "이산"))
    done = munjigi("people", "delete", "2026-1", data=tmp_path)
    assert done.returncode == 2 and "add --yes" in done.stderr and "Traceback" not in done.stderr
    assert "이산" in munjigi("people", data=tmp_path).stdout


def test_the_tour_ends_by_itself_with_three_accepts_and_two_unknowns(tmp_path):
    done = munjigi("run", "--tour", tmp_path / "tour")
    lines = [line for line in done.stdout.splitlines() if " threshold " in line]
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[-2] for line in lines[:5]] == ["ACCEPT", "REJECT", "ACCEPT", "REJECT", "ACCEPT"]
    assert len(lines) == 6, "the printed photograph is answered too"
    assert (tmp_path / "tour/access-log.csv").read_text(encoding="utf-8-sig").count("\n") == 7
    assert {"door-idle.png", "visit-1.png", "visit-5.png", "photograph.png", "log.png"} <= {p.name for p in (tmp_path / "tour").iterdir()}


def test_the_log_is_verified_and_what_was_done_to_it_is_named(tmp_path):
    data, target = tmp_path / "data", tmp_path / "log.csv"
    with Database.open(data / "munjigi.db") as database:
        for n in range(5):
            AccessLog(database).append(Decision(datetime(2026, 3, 1 + n, 9, tzinfo=UTC), Outcome.REJECT, Reason.UNKNOWN, Mode.IDENTIFY, 0.8, "net"))
    assert munjigi("log", "export", target, data=data).returncode == 0
    checked = munjigi("log", "verify", target)
    assert checked.returncode == 0 and "5 rows are as they were exported" in checked.stdout
    sound = munjigi("log", "verify", data=data)
    fingerprint = sound.stdout.split()[-1]
    assert sound.returncode == 0 and "6 rows are as they were written" in sound.stdout, "the export is an action"
    assert munjigi("log", "verify", target, "--key", fingerprint).returncode == 0
    assert "not by 0123" in munjigi("log", "verify", target, "--key", "0123").stdout
    assert "2 rows" in munjigi("log", "remove", "--before", "2026-03-03", data=data).stdout
    assert "2 older ones were removed" in munjigi("log", "verify", data=data).stdout
    with closing(sqlite3.connect(data / "munjigi.db")) as raw, raw:
        raw.execute("UPDATE log SET outcome = 'ACCEPT' WHERE id = 4")
    wrong = munjigi("log", "verify", data=data)
    assert wrong.returncode == 2 and "Row 4 of log (2026-03-04 09:00:00) was changed" in wrong.stdout
    target.write_bytes(target.read_bytes().replace(b"REJECT", b"ACCEPT", 1))
    assert "row 1 of log.csv" in munjigi("log", "verify", target).stdout
