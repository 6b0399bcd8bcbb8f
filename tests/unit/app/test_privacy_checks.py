"""The privacy of a site: every point passes, and every point can fail."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.app.bootstrap.consent_factory import consent_form, publish_consent
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.doctor.privacy_checks import _CHECKS, BAD, GOOD, UNSURE, examine_privacy
from kiosk.cli import main
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, SignInError
from kiosk.core.people import AccountRole, CredentialMode, Person
from kiosk.core.rights import Operator
from kiosk.core.view_models import CheckLevel
from kiosk.storage.crypto.key_store import FileKeys
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.ui.catalogue import catalogue
from tests.helpers.consenting import consenting
from tests.unit.storage.samples import decision, template

NOW = local_now()
TWO_YEARS = 730


def config_with(**privacy: Any) -> Config:
    config = Config()
    named = {"controller": "문지기대학교", "contact": "02-1234-5678", **privacy}
    return replace(config, privacy=replace(config.privacy, **named))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A site where everything is as it should be, but for the retention of the staff's log."""
    folder = tmp_path / "data"
    with open_store(folder, config_with()) as store:
        publish_consent(store, config_with())
        store.accounts.create("관리자", AccountRole.ADMIN, "482915")
        store.people.add_with_templates(consenting("2026-1", "홍길동", NOW), [template(1)])
    return folder


def levels(data: Path, config: Config | None = None) -> dict[str, CheckLevel]:
    points = examine_privacy(Operator("x"), config or config_with(), data)
    for point in points:
        for code in ("ko", "en"):
            said = [point.title(code), point.sentence(code), point.advice(code)]
            assert all("privacy_check" not in text and "{" not in text for text in said)
        assert bool(point.advice("ko")) is (point.level is not GOOD)
    return {point.name: point.level for point in points}


def test_a_site_in_order_passes(data):
    found = levels(data)
    assert found.keys() == _CHECKS.keys()
    assert {name for name, level in found.items() if level is not GOOD} == {"accounts"}
    short = levels(data, config_with(keep_staff_log_days=TWO_YEARS - 1))
    assert short["staff_log"] is UNSURE
    config = config_with(keep_staff_log_days=TWO_YEARS)
    config = replace(config, security=replace(config.security, two_admins=True))
    assert levels(data, config)["staff_log"] is levels(data, config)["accounts"] is GOOD


def added(store: Store, person: Person) -> None:
    store.people.add(replace(person, entry=CredentialMode.PIN, consented_at=None))


def face_without_consent(store: Store) -> None:
    store.people.add_with_templates(Person("2", "이산"), [template(2)])


def combined_consent(store: Store) -> None:
    def write() -> None:
        with store.database.transaction():
            store.database.connection.execute("UPDATE consents SET kind = NULL, version = NULL")

    store.database.call(write)


@pytest.mark.parametrize(
    ("change", "point", "level"),
    [
        (face_without_consent, "consent", BAD),
        (combined_consent, "consent", UNSURE),
        (lambda s: added(s, consenting("2", "이산", NOW)), "alternative", BAD),
        (
            lambda s: added(
                s,
                replace(consenting("2", "이산", NOW), valid_until=NOW.date() - timedelta(days=91)),
            ),
            "ended",
            UNSURE,
        ),
        (
            lambda s: s.access_log.append(decision(at=NOW - timedelta(days=120))),
            "retention",
            BAD,
        ),
    ],
)
def test_what_is_stored_can_fail_a_point(data, change, point, level):
    with open_store(data, config_with()) as store:
        change(store)
    assert levels(data)[point] is level


@pytest.mark.parametrize(
    ("privacy", "point", "level"),
    [
        ({"contact": " "}, "notice", BAD),
        ({"controller": ""}, "notice", BAD),
        ({"attendance": True}, "purpose", UNSURE),
        ({"keep_log_days": 366}, "retention", UNSURE),
        ({"keep_log_days": 366}, "consent", UNSURE),
        ({"keep_log_days": 30}, "consent", GOOD),
        ({"controller": "다른 대학교"}, "consent", UNSURE),
    ],
)
def test_settings_can_fail_a_point(data, privacy, point, level):
    assert levels(data, config_with(**privacy))[point] is level


def test_the_contact_at_the_door_stands_in_for_one_of_its_own(data):
    config = config_with(contact="")
    config = replace(config, ui=replace(config.ui, contact_name="김조교", contact_phone="1234"))
    assert levels(data, config)["notice"] is GOOD
    assert consent_form(config).terms.contact == "김조교 1234"


def test_files_can_fail_a_point(data):
    for name in ("imports/2026-1.jpg", "exports/log.csv"):
        file = data / name
        file.parent.mkdir(exist_ok=True, mode=0o700)
        file.write_bytes(b"x")
        file.chmod(0o600)
    found = levels(data)
    assert found["originals"] is found["exports"] is UNSURE
    (data / "exports" / "log.csv").chmod(0o644)
    assert levels(data)["exports"] is BAD
    config = config_with()
    off = replace(config, liveness=replace(config.liveness, enabled=False))
    assert levels(data, off)["forgery"] is UNSURE


def test_keys_beside_the_data_are_named(data, monkeypatch):
    monkeypatch.setattr(FileKeys, "place", str(data / "keys"))
    assert levels(data)["encryption"] is UNSURE


def test_a_site_text_that_cannot_be_used_is_one_sentence(data, tmp_path):
    with pytest.raises(ConfigError, match="There is no file"):
        examine_privacy(Operator("x"), config_with(consent_text=str(tmp_path / "none.toml")), data)


def test_staff_may_not_check(data):
    with pytest.raises(SignInError, match="Only an administrator"):
        examine_privacy(Operator("조교", AccountRole.STAFF), config_with(), data)


def test_the_command_prints_json_in_korean_and_fails(data, capsys):
    words = ["doctor", "--privacy", "--json", "--language", "ko", "--data-dir", str(data)]
    assert main(words) == 2  # without a file of settings nobody is named
    points = {point["point"]: point for point in json.loads(capsys.readouterr().out)}
    assert points["notice"]["result"] == "bad" and "privacy.contact" in points["notice"]["found"]
    assert points["encryption"]["title"] == catalogue("ko")["privacy_check.encryption.title"]
    assert main(["doctor", "--privacy", "--data-dir", str(data)]) == 2
    assert "[FAIL] 2. collection" in capsys.readouterr().out


def test_the_consent_command(data, capsys, tmp_path):
    assert main(["consent", "list", "--json", "--data-dir", str(data)]) == 0
    listed = json.loads(capsys.readouterr().out)  # the settings name another controller
    assert [(one["number"], one["outdated"]) for one in listed] == [
        ("2026-1", ["personal", "face"])
    ]
    assert main(["consent", "show", "--version", "1", "--data-dir", str(data)]) == 0
    assert "문지기대학교" in capsys.readouterr().out
    assert main(["consent", "show", "--language", "en", "--data-dir", str(data)]) == 0
    assert "[Optional]" in capsys.readouterr().out
    assert main(["consent", "show", "--version", "9", "--data-dir", str(data)]) == 2
    assert "no version 9" in capsys.readouterr().err
    settings = tmp_path / "config.toml"
    settings.write_text('[privacy]\nconsent_text = "none.toml"\n', encoding="utf-8")
    assert main(["consent", "check", "--config", str(settings), "--data-dir", str(data)]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_each_consent_is_withdrawn_by_the_command(data, capsys):
    def consents() -> list[str]:
        with Store.open(data / "munjigi.db") as store:
            person = store.people.by_number("2026-1")
            return [given.kind for given in person.consents] if person else ["gone"]

    for words, left in (
        (["--consent", "attendance"], ["personal", "face"]),
        ([], ["personal"]),
        (["--consent", "personal", "--yes"], ["gone"]),
    ):
        assert main(["people", "withdraw", "2026-1", *words, "--data-dir", str(data)]) == 0
        assert consents() == left
