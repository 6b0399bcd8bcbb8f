"""``log verify`` names what somebody wrote into the database without the kiosk."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.core import paths
from kiosk.core.people import Person
from kiosk.storage.store import Store
from tests.helpers.tampering import tamper


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with Store.open(paths.database_file(folder)) as store:
        store.people.add(Person("2026-1", "이산"))
        store.people.add(Person("2026-2", "홍길동"))
    return folder


def verify(data: Path) -> int:
    return main(["log", "verify", "--data-dir", str(data)])


def test_a_row_of_the_kiosk_passes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(data) == 0
    assert "NOT" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE people SET name = '다른 사람' WHERE id = 2", "people were changed or inserted"),
        ("DELETE FROM people WHERE id = 1", "people were removed"),
        ("DELETE FROM person_keys WHERE person_id = 1", "Keys of people were changed"),
    ],
)
def test_one_of_somebody_else_is_named(
    data: Path, capsys: pytest.CaptureFixture[str], change: str, said: str
) -> None:
    tamper(paths.database_file(data), change)
    assert verify(data) == 2
    assert said in capsys.readouterr().out


def test_without_the_keys_it_says_what_was_not_verified(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.keys_dir(data).rename(data.with_name("away"))
    assert verify(data) == 0
    assert "could not be verified" in capsys.readouterr().out


def test_removed_rows_are_confirmed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(paths.database_file(data), "DELETE FROM people WHERE id = 1")
    assert verify(data) == 2
    assert main(["log", "confirm", "--data-dir", str(data)]) == 0
    assert "in people count as all that there should be" in capsys.readouterr().out
    assert verify(data) == 0
