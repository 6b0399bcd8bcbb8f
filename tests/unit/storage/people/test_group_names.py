"""People follow a group that gets another name, all of them or nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.access.policy.policy_document import policy_in
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.site_policy_file import policy_path
from kiosk.cli import main
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import LogFilter
from kiosk.core.errors import StorageError
from kiosk.core.people import Person

RULES = "[groups.students]\n[groups.staff]\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with open_store(folder) as store:
        store.people.add(Person("1", "이산", groups=("students", "staff")))
        store.people.add(Person("2", "홍길동", groups=("students", "learners")))
        store.people.add(Person("3", "김철수"))
    policy_path(Config(), folder).write_text(RULES, encoding="utf-8")
    return folder


def test_people_keep_their_other_groups(data: Path):
    done: list[str] = []
    with open_store(data) as store:
        n = store.bulk_people.rename_group(
            "students", "learners", "관리자", lambda: done.append("x")
        )
        assert (n, done) == (2, ["x"])
        assert store.people.by_number("1").groups == ("learners", "staff")
        assert (
            store.people.by_number("2").groups == ("learners",)
            and not store.people.by_number("3").groups
        )
        events = [row.event for row in store.audit_log.query(LogFilter(), 9, 0)[0]]
        assert events[0] == "group_renamed" and events.count("person_changed") == 2


def test_nobody_follows_if_the_file_cannot_be_written(data: Path):
    def fail() -> None:
        raise StorageError("The disk is full.")

    with open_store(data) as store:
        with pytest.raises(StorageError, match="full"):
            store.bulk_people.rename_group("students", "learners", "관리자", fail)
        assert store.people.group_sizes() == {"students": 2, "staff": 1, "learners": 1}
        events = [row.event for row in store.audit_log.query(LogFilter(), 9, 0)[0]]
        assert "group_renamed" not in events


def test_the_command_renames_file_and_people(data: Path, capsys):
    folder = ["--data-dir", str(data)]
    assert main(["rules", "rename-group", "staff", "교직원", *folder]) == 0
    assert capsys.readouterr().out == "staff is called 교직원 now\n"
    assert set(policy_in(policy_path(Config(), data).read_text("utf-8")).groups) == {
        "students",
        "교직원",
    }
    with open_store(data) as store:
        assert store.people.by_number("1").groups == ("students", "교직원")
    assert main(["rules", "rename-group", "staff", *folder]) == 2
    assert main(["rules", "rename-group", "staff", "x", *folder]) == 2
    assert "There is no group staff" in capsys.readouterr().err
    assert paths.database_file(data).exists()
