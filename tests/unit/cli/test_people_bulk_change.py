"""``people change --where``: a preview first, then the change, as on the page People."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.core.decisions import LogFilter
from kiosk.core.people import Person, PersonRole
from kiosk.storage.store import Store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "munjigi.db") as store:
        for n, role in enumerate((PersonRole.VISITOR, PersonRole.VISITOR, PersonRole.STAFF)):
            store.people.add(Person(f"2026-{n}", f"사람{n}", role=role, groups=("night",)))
        store.people.add(
            Person("2026-9", "나중", role=PersonRole.VISITOR, valid_from=date(2030, 1, 1))
        )
    return tmp_path


def change(data: Path, words: str) -> int:
    return main(["people", "change", *words.split(), "--data-dir", str(data)])


def people(data: Path) -> dict[str, Person]:
    with Store.open(data / "munjigi.db") as store:
        return {one.number: one for one in store.people.search("", 99, 0)[0]}


def test_without_yes_nobody_is_changed_and_everybody_is_named(data, capsys):
    before = people(data)
    assert change(data, "--where role=visitor --until 2027-02-28") == 0
    said = capsys.readouterr().out
    assert "2026-0\t사람0" in said and "2026-2" not in said and "2026-9" not in said
    assert "2 people of 3 would be changed, 1 cannot be; add --yes" in said
    assert people(data) == before


def test_with_yes_they_are_changed_together_and_recorded(data, capsys):
    words = "--where role=visitor --until 2027-02-28 --disable --join day --leave night --yes"
    assert change(data, words) == 0
    assert "2 people changed, 0 were so already, 1 could not be" in capsys.readouterr().out
    one, other = people(data)["2026-0"], people(data)["2026-2"]
    assert (one.enabled, one.valid_until, one.groups) == (False, date(2027, 2, 28), ("day",))
    assert other.enabled and other.groups == ("night",)
    with Store.open(data / "munjigi.db") as store:
        events = [row.event for row in store.audit_log.query(LogFilter(), 9, 0)[0]]
    assert "people_changed_together" in events


def test_all_conditions_must_be_met(data, capsys):
    assert change(data, "--where role=visitor --where text=사람1 --where never-seen --disable") == 0
    assert "2026-1" in capsys.readouterr().out
    assert change(data, "--where everybody --role student") == 0
    assert "4 people of 4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--where role=nonsense --disable", "--where role cannot be nonsense; choose "),
        ("--where colour=red --disable", "--where cannot be colour=red; write KEY=VALUE"),
        ("--where state --disable", "--where cannot be state; write KEY=VALUE"),
        ("--where unseen-days=many --disable", "takes a number of days, not many"),
        ("--where everybody", "Name what to change: --until"),
        ("--where everybody --disable --enable", "not both"),
        ("--where everybody --name x", "--name is for one person"),
        ("--where everybody --pass today", "--pass is for one person"),
        ("2026-1 --where everybody --disable", "Name a student number or --where"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(data, capsys, words, sentence):
    before = people(data)
    assert change(data, words) == 2
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1 and people(data) == before
