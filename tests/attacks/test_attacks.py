"""The short version of the attack table: every attack a few times."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.attacks import harness
from tests.attacks.table import Attack, Entry, all_attacks


@pytest.mark.usefixtures("heeded_hangup")
@pytest.mark.parametrize("entry", all_attacks(), ids=lambda entry: f"{entry.item} {entry.title}")
def test_attack_does_not_succeed(entry: Entry, tmp_path: Path, qapp: object) -> None:
    row = entry.try_it(tmp_path, short=True)
    assert row.passed, harness.line(row)


def test_an_attack_that_succeeds_or_is_never_tried_does_not_pass() -> None:
    assert Attack("x", 5, 0).passed
    assert Attack("x", 0, 0, "not tried: needs root").passed
    assert not Attack("x", 0, 0).passed
    assert not Attack("x", 5, 1, "one got in").passed
    assert harness.line(Attack("x", 5, 1)).startswith("FAIL")


def test_an_attack_that_raises_counts_as_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path, tries: int) -> tuple[int, int, str]:
        raise RuntimeError("the door is gone")

    monkeypatch.setattr(harness, "all_attacks", lambda: [Entry("A1", "break", 1, 1, broken)])
    (row,) = harness.run(True, lambda row: None)
    assert not row.passed and row.note == "RuntimeError: the door is gone"


def test_every_attack_has_its_own_title() -> None:
    titles = [f"{one.item} {one.title}" for one in all_attacks()]
    assert len(titles) == len(set(titles))


def test_the_threat_model_names_every_attack_and_only_those() -> None:
    page = (harness.ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    cells = [line.split("|")[3] for line in page.splitlines() if line.count("|") == 4]
    named = {item for cell in cells for item in re.findall(r"\b[A-E]\d+\b", cell)}
    assert named == {entry.item for entry in all_attacks()}
