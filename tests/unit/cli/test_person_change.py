"""``people change``."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.cli import main
from kiosk.core.people import CredentialMode, Person, PersonRole
from kiosk.storage.store import Store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "munjigi.db") as store:
        store.people.add(Person("2026-1", "이산", valid_until=date(2027, 1, 1)))
        store.people.add(Person("2026-2", "한별"))
    return tmp_path


def test_what_is_named_changes_and_the_rest_stays(data, capsys):
    words = "people change 2026-1 --new-number 2027-9 --role graduate --entry pin"
    assert main([*words.split(), "--valid-until", "none", "--data-dir", str(data)]) == 0
    with Store.open(data / "munjigi.db") as store:
        person = store.people.by_number("2027-9")
        assert store.people.by_number("2026-1") is None
    assert person is not None
    assert (person.name, person.role, person.entry, person.valid_until) == (
        "이산",
        PersonRole.GRADUATE,
        CredentialMode.PIN,
        None,
    )


def test_a_pass_ends_at_a_time_of_its_last_day(data):
    words = "people change 2026-1 --valid-until 2026-12-02 --until-time 18:30"
    assert main([*words.split(), "--data-dir", str(data)]) == 0
    with Store.open(data / "munjigi.db") as store:
        person = store.people.by_number("2026-1")
    assert person is not None and person.until_time == time(18, 30)
    assert main(["people", "change", "2026-1", "--pass", "semester", "--data-dir", str(data)]) == 0
    with Store.open(data / "munjigi.db") as store:
        person = store.people.by_number("2026-1")
    assert person is not None and person.until_time is None
    assert person.valid_until is not None and person.valid_until.month in (2, 8)


def test_a_pass_by_the_hour_is_in_the_time_zone_of_the_policy(data, capsys):
    zone = ZoneInfo("Etc/GMT+12")  # the last one: such a pass is over by any other clock
    (data / "policy.toml").write_text('zone = "Etc/GMT+12"\n', encoding="utf-8")
    folder = ["--data-dir", str(data)]
    before = datetime.now(zone).replace(second=0, microsecond=0, tzinfo=None)
    assert main(["people", "change", "2026-1", "--pass", "hours_4", *folder]) == 0
    after = datetime.now(zone).replace(tzinfo=None)
    with Store.open(data / "munjigi.db") as store:
        person = store.people.by_number("2026-1")
    assert person is not None and person.valid_until is not None and person.until_time is not None
    ends = datetime.combine(person.valid_until, person.until_time)
    assert before <= ends - timedelta(hours=4) <= after
    capsys.readouterr()
    assert main(["people", "list", "--state", "expired", *folder]) == 0
    assert "2026-1" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--new-number 2026-2", "belongs to"),
        ("--new-number 2026_2", "letters, digits or hyphens"),
        ("--valid-until soon", "is not a date"),
        ("--until-time late", "is not a time of day"),
        ("--valid-until none --until-time 18:00", "needs a last day"),
        ("", "Name what to change"),
    ],
)
def test_refusals_are_one_sentence(data, capsys, words, sentence):
    assert main(["people", "change", "2026-1", *words.split(), "--data-dir", str(data)]) == 2
    assert sentence in capsys.readouterr().err


def test_list_shows_whom_the_options_name(data, capsys):
    assert main(["people", "change", "2026-2", "--role", "visitor", "--data-dir", str(data)]) == 0
    capsys.readouterr()
    for words, number in (("--role visitor", "2026-2"), ("--ends-within 9999", "2026-1")):
        assert main(["people", "list", *words.split(), "--data-dir", str(data)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split("\t")[0] for line in lines] == [number, "1 person"]
