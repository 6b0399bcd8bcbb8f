"""Every command as a person runs it, with the real networks.

Those that load networks or a window run in a process of their own, the others in this one.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk import cli
from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.people import Person
from kiosk.core.templates import Match, Template
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.vision.recognition.consensus import Consensus, VotingRule

ROOT = Path(__file__).resolve().parents[2]


def munjigi(
    *words: object, data: Path | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, offscreen."""
    options = ["--data-dir", str(data)] if data is not None else []
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "run_kiosk.py", *map(str, words), *options],
        cwd=ROOT,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(monkeypatch, capsys) -> Run:
    """Runs one command like ``munjigi`` does, but in this process, which is quicker."""
    monkeypatch.setattr(cli, "_log_to_stderr", lambda level: None)
    monkeypatch.chdir(ROOT)

    def run(*words: object, data: Path, typed: str = "") -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        given = [*map(str, words), "--data-dir", str(data)]
        return subprocess.CompletedProcess(given, cli.main(given), *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def portraits(tmp_path_factory) -> Path:
    """A folder of pictures of the cast's first member."""
    folder = tmp_path_factory.mktemp("portraits")
    for index, yaw in enumerate((0.0, 0.1, -0.1, 0.2)):
        cv2.imwrite(
            str(folder / f"{index}.png"), draw_person(CAST[0].looks, yaw=yaw, noise_seed=index)
        )
    return folder


def test_enrolling_listing_disabling_and_deleting(portraits, tmp_path, here):
    done = munjigi("enroll", "2099-1", "홍길동", "--images", portraits, "--consent", data=tmp_path)
    assert done.returncode == 0 and "4 templates from 4 good of 4 pictures" in done.stdout, (
        done.stderr
    )
    twin = munjigi(
        "enroll", "2099-2", "다른사람", "--images", portraits, "--consent", data=tmp_path
    )
    assert twin.returncode == 2 and "enrolled already as 홍길동" in twin.stderr
    assert here("people", "disable", "2099-1", data=tmp_path).returncode == 0
    assert "disabled" in here("people", "list", data=tmp_path).stdout
    assert (
        "Nothing was deleted"
        in here("people", "delete", "2099-1", data=tmp_path, typed="no\n").stdout
    )
    assert here("people", "delete", "2099-1", "--yes", data=tmp_path).returncode == 0
    assert here("people", data=tmp_path).stdout == "0 people\n"


def test_table_of_people_dry_run_and_import(portraits, tmp_path, here):
    table = tmp_path / "people.csv"
    data = tmp_path / "data"
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    (photographs / "2099-1").symlink_to(portraits)
    table.write_text(
        "학번,이름,동의일,종료일\n2099-1,홍길동,2026-01-05,2026-02-30\n2099-2,이산,,\n",
        encoding="cp949",
    )
    refused = munjigi("people", "import", table, "--photos", photographs, data=data)
    assert (
        refused.returncode == 2
        and "people.csv, row 2, valid until: 2026-02-30 is not a date" in refused.stderr
        and "Traceback" not in refused.stderr
    )
    assert here("people", data=data).stdout == "0 people\n"
    table.write_text(
        table.read_text("cp949").replace("2026-02-30", "2099-02-28"), encoding="utf-8-sig"
    )
    tried = munjigi(
        "people", "import", table, "--photos", photographs, "--dry-run", "--json", data=data
    )
    answer = json.loads(tried.stdout)
    assert (
        answer["stored"],
        answer["added"],
        answer["templates"],
        [row["state"] for row in answer["rows"]],
    ) == (False, 2, 4, ["new", "new"])
    done = munjigi("people", "import", table, "--photos", photographs, data=data)
    assert done.returncode == 0 and "imported: 2 new" in done.stdout, done.stderr
    assert "홍길동" in (listed := here("people", data=data).stdout) and "4 templates" in listed


def test_looks_are_listed_and_taken_back(tmp_path, here):
    with Store.open(tmp_path / "munjigi.db") as store:
        template = Template(0, "net@00000000", np.ones(8, np.float32))
        person = Person("2099-9", "이산", consented_at=local_now())
        store.people.add_with_templates(person, [template])
        store.looks.keep(1, [template], basis=store.people.basis(1), most=3)
    listed = here("people", "looks", "2099-9", data=tmp_path).stdout.splitlines()
    assert [line.split("\t")[0::2] for line in listed] == [
        ["0", "enrolled"],
        ["1", "kept at the door"],
    ]
    for number, why in (("0", "enrolled look stays"), ("7", "not stored any more")):
        refused = here("people", "looks", "2099-9", "--remove", number, data=tmp_path)
        assert refused.returncode == 2 and why in refused.stderr
    done = here("people", "looks", "2099-9", "--remove", "1", data=tmp_path)
    assert done.returncode == 0 and "look 1 removed" in done.stdout
    assert "kept at the door" not in done.stdout


@pytest.mark.parametrize("word", ["re-enrolment", "campaign"])
def test_people_to_enrol_again_are_listed(tmp_path, word, here):
    with Store.open(tmp_path / "munjigi.db") as store:
        store.people.add_with_templates(
            Person("2099-9", "옛사람"), [Template(0, "old@00000000", np.ones(8, np.float32))]
        )
        store.people.add(Person("2099-8", "이산"))
    done = here("people", word, data=tmp_path)
    assert (
        done.returncode == 0
        and "2099-9\t옛사람\t1 template of another network" in done.stdout
        and "1 person of 1 to be enrolled again" in done.stdout
    )
    answer = json.loads(here("people", word, "--json", data=tmp_path).stdout)
    assert (answer["needed"], answer["done"], [row["number"] for row in answer["people"]]) == (
        1,
        0,
        ["2099-9"],
    )


def test_log_export(tmp_path):
    store = Store.open(tmp_path / "munjigi.db")
    store.access_log.append(
        Decision(
            datetime(2026, 3, 2, 9, 41, tzinfo=UTC),
            Outcome.REJECT,
            Reason.UNKNOWN,
            Mode.IDENTIFY,
            0.8,
            "siamese",
        )
    )
    store.close()
    target = tmp_path / "log.csv"
    done = munjigi("log", "export", target, "--decision", "reject", data=tmp_path)
    assert done.returncode == 0 and "1 row " in done.stdout, done.stderr
    assert "unknown" in target.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("enroll", "1", "이름", "--images", "."), "needs the person's consent"),
        (
            ("enroll", "1", "이름", "--images", "/no/such/folder", "--consent"),
            "There is no /no/such/folder",
        ),
        (("people", "disable"), "Name a student number"),
        (("people", "import"), "Name the table"),
        (("people", "import", "/no/such.csv"), "/no/such.csv cannot be read"),
        (("people", "import", "setup.cfg"), "must end in .csv or .xlsx"),
        (("people", "delete", "404"), "Nobody with student number 404"),
        (("log", "export", "log.pdf"), "ends in .csv"),
        (("log", "export", "x.csv", "--since", "yesterday"), "is not a date"),
        (("log", "export"), "Name a file to write"),
        (("log", "export", "/no/such/log.csv"), "There is no folder /no/such; create it first"),
        (("log", "export", "--format", "docx"), "--format is not an option"),
        (("log", "replay", "--threshold", "nan"), "Write log replay --threshold"),
        (("log", "replay", "--threshold", "0.5", "--votes", "1"), "--votes must be"),
        (("weights", "fetch"), "Name the network"),
        (("weights", "fetch", "nothing"), "There is no network 'nothing'"),
        (("weights", "fetch", "dlib"), "cannot be fetched"),
        (("doctor", "--config", "/no/such.toml"), "There is no configuration file"),
        (("run", "--tour", "/proc/tour"), "cannot be written"),
        (("run", "--camera", "/no/such"), "There is no camera, video or folder"),
        (("run", "--camera", "rtsp://127.0.0.1:9/x"), "gives no pictures"),
        (("--camera", "log"), "There is no camera, video or folder 'log'"),
        (
            ("log", "export", "x.csv", "--since", "2026-03-02", "--until", "2026-03-01"),
            "is before --since",
        ),
        (("people", "list", "2026-1"), "add --search 2026-1"),
        (("people", "change", "2026-1", "--role", "nonsense"), "--role cannot be nonsense; choose"),
        (("weights", "prepare", "dlib"), "is for all networks"),
    ],
)
def test_bad_input_prints_one_sentence_and_returns_2(words, says, tmp_path, here):
    command = munjigi if words[0] in ("run", "--camera") else here
    done = command(*words, data=tmp_path / "data")
    assert done.returncode == 2
    assert says in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_log_replay(tmp_path):
    consensus = Consensus(VotingRule(0.5))
    for frame in range(4):
        consensus.add(frame / 10, Match(1, 0.3, 2, 0.9))
    verdict = consensus.verdict(0.3)
    with Store.open(tmp_path / "munjigi.db") as store:
        made = Decision(
            datetime.now().astimezone(),
            Outcome.ACCEPT,
            Reason.MATCH,
            Mode.IDENTIFY,
            0.5,
            "net",
            None,
            "이산",
            "2026-1",
            0.3,
            trace=verdict.trace,
        )
        store.access_log.append(made)
    for words, says in (
        (("0.4",), "0 would open, 0 would not"),
        (("0.2",), "1 would not, 1 of these"),
        (("0.4", "--margin", "0.7"), "1 would not"),
    ):
        done = munjigi("log", "replay", "--threshold", *words, data=tmp_path)
        assert done.returncode == 0 and says in done.stdout, done


def test_missing_configured_camera_is_reported_without_a_display_too(tmp_path):
    (tmp_path / "config.toml").write_text('[camera]\nsource = "/no/such"\n')
    done = munjigi("run", data=tmp_path)
    assert done.returncode == 2 and "There is no camera" in done.stderr and not done.stdout


def test_file_instead_of_a_data_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    done = munjigi("people", data=tmp_path / "file")
    assert done.returncode == 2 and "is a file; name a folder" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "--camera", "demo"), "The screen cannot be opened"),
        (("doctor",), "DISPLAY=:1977 does not respond"),
    ],
)
def test_unresponsive_display_prints_one_sentence(words, says, tmp_path):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    }
    done = subprocess.run(
        [sys.executable, "run_kiosk.py", *words, "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env={**environment, "DISPLAY": ":1977"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (
        done.returncode == 2
        and says in done.stdout + done.stderr
        and "Traceback" not in done.stderr
    )


def test_file_that_is_not_a_database_stays_unchanged(tmp_path):
    (tmp_path / "munjigi.db").write_bytes(b"not a database, but somebody's notes" * 100)
    done = munjigi("people", data=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert (tmp_path / "munjigi.db").read_bytes().startswith(b"not a database")


def test_weights_are_listed_and_verified():
    done = munjigi("weights", "verify")
    assert done.returncode == 0 and "(default)" in done.stdout and "verified" in done.stdout
    states = ("verified", "not here")
    starts = [max(line.find(state) for state in states) for line in done.stdout.splitlines()]
    assert len(set(starts)) == 1, "the columns are aligned"


def test_doctor_names_every_check(tmp_path):
    done = munjigi("doctor", data=tmp_path)
    for name in (
        "python",
        "packages",
        "libraries",
        "display",
        "fonts",
        "weights",
        "camera",
        "database",
        "keys",
        "backup",
        "disk",
        "clock",
    ):
        assert name in done.stdout, done.stdout
    assert done.returncode in (0, 2) and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--camera", "/no/such/camera"), "There is no camera, video or folder"),
        (("--camera", "99"), "99"),
        (("--camera", "run_kiosk.py"), "cannot be read as a video"),
        (("--camera", "demo", "--config", "bad.toml"), "There is no network 'nothing'"),
    ],
)
def test_kiosk_that_cannot_start_explains_why(words, says, tmp_path):
    (tmp_path / "bad.toml").write_text('[recognition]\nembedder = "nothing"\n')
    words = [tmp_path / word if word == "bad.toml" else word for word in words]
    with_display = {
        **os.environ,
        "QT_QPA_PLATFORM": "vnc",
        "DISPLAY": ":77",
    }  # it stops before it would be opened
    done = subprocess.run(
        [sys.executable, "run_kiosk.py", "run", *map(str, words), "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env=with_display,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_nothing_is_deleted_without_confirmation(tmp_path):
    with Store.open(tmp_path / "munjigi.db") as store:
        store.people.add(Person("2026-1", "이산"))
    done = munjigi("people", "delete", "2026-1", data=tmp_path)
    assert done.returncode == 2 and "add --yes" in done.stderr and "Traceback" not in done.stderr
    assert "이산" in munjigi("people", data=tmp_path).stdout
