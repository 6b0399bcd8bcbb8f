"""``accounts``: the list, and another PIN by the recovery code."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_stored_data
from kiosk.cli import main
from kiosk.cli.shared import operator
from kiosk.core.config import Config
from kiosk.core.errors import SignInError
from kiosk.core.people import AccountRole

OLD, NEW = "482915", "739128"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with open_store(folder, Config()) as store:
        store.accounts.create("김관리", AccountRole.ADMIN, OLD)
        store.accounts.create("조교", AccountRole.STAFF, OLD)
    return folder


def code_of(data: Path) -> str:
    with open_store(data, Config()) as store:
        return build_stored_data(Config(), store).new_recovery_code(operator())


def reset(data: Path, monkeypatch, *typed: str, name: str = "김관리") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
    return main(["accounts", "reset-pin", name, "--data-dir", str(data)])


def signs_in(data: Path, pin: str) -> bool:
    with open_store(data, Config()) as store:
        try:
            return bool(store.accounts.verify("김관리", pin))
        except SignInError:
            return False


def test_the_accounts_are_listed(data, capsys):
    assert main(["accounts", "--data-dir", str(data)]) == 0
    assert capsys.readouterr().out == "김관리\tadmin\tenabled\n조교\tstaff\tenabled\n"


def test_the_recovery_code_gives_an_administrator_another_pin(data, monkeypatch, capsys):
    assert reset(data, monkeypatch, code_of(data), NEW, NEW) == 0
    assert signs_in(data, NEW) and not signs_in(data, OLD)
    assert NEW not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A", NEW, NEW), "That is not the recovery code"),
        (("nonsense", NEW, NEW), "A recovery code has 26"),
        (("CODE", NEW, OLD), "The two PINs differ"),
        (("CODE", "123456", "123456"), "too easy to guess"),
        ((), "typed at a terminal"),
    ],
)
def test_what_is_refused_changes_nothing(data, monkeypatch, capsys, typed, sentence):
    code = code_of(data)
    typed = tuple(code if word == "CODE" else word for word in typed)
    assert reset(data, monkeypatch, *typed) == 2
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1
    assert signs_in(data, OLD)


def test_only_an_administrator_is_given_one(data, monkeypatch, capsys):
    assert reset(data, monkeypatch, code_of(data), NEW, NEW, name="조교") == 2
    assert "No administrator has that name" in capsys.readouterr().err
    assert main(["accounts", "reset-pin", "--data-dir", str(data)]) == 2
    assert "Name the administrator" in capsys.readouterr().err
