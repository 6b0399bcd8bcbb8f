"""Who a command says that it is, and whose signatures it takes for the kiosk's own."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from kiosk.cli import main, shared
from kiosk.core.errors import StorageError
from kiosk.core.people import AccountRole
from kiosk.storage.store import Store
from tests.helpers.signed_files import signed_files

NAMES = {0: "root", 1000: "alice", 990: "munjigi"}


def own_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uid: int, login: str, **environment: str
) -> str:
    """Return who runs a command as ``uid`` after a login as ``login``."""

    def named(uid: int) -> pwd.struct_passwd:
        return pwd.struct_passwd((NAMES[uid], "x", uid, uid, "", "/", "/bin/sh"))

    (tmp_path / "loginuid").write_text(login)
    monkeypatch.setattr(shared, "LOGIN_UID", tmp_path / "loginuid")
    monkeypatch.setattr(os, "getuid", lambda: uid)
    monkeypatch.setattr(pwd, "getpwuid", named)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "victim")
    monkeypatch.delenv("SUDO_UID", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return shared.operator().name


@pytest.mark.parametrize(
    ("uid", "login", "environment", "name"),
    [
        (1000, "1000", {}, "command:alice"),
        (1000, "4294967295", {"SUDO_UID": "0"}, "command:alice"),  # not root: not believed
        (0, "4294967295", {}, "command:root"),
        (0, "0", {}, "command:root"),
        (0, "1000", {}, "command:root (alice)"),
        (0, "4294967295", {"SUDO_UID": "1000"}, "command:root (alice)"),
        (0, "4294967295", {"SUDO_UID": "many"}, "command:root"),
        (0, "1000", {"SUDO_UID": "990"}, "command:root (alice)"),
        (0, "", {"SUDO_UID": "4242"}, "command:root (4242)"),
        (990, "1000", {}, "command:munjigi (alice)"),
        (4242, "4294967295", {}, "command:4242"),
    ],
)
def test_the_operator_is_the_systems_and_not_the_environments(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    uid: int,
    login: str,
    environment: dict[str, str],
    name: str,
) -> None:
    assert own_name(monkeypatch, tmp_path, uid, login, **environment) == name


@pytest.mark.parametrize(
    "name", ["system", "Door", "command:root", "ｃommand：root", "kim + lee", "a+b"]
)
def test_no_account_is_named_like_another_actor(tmp_path: Path, name: str) -> None:
    with Store.open(tmp_path / "munjigi.db") as store:
        with pytest.raises(StorageError, match="is reserved in the log"):
            store.accounts.create(name, AccountRole.ADMIN, "739182")
        store.accounts.create("systematic", AccountRole.ADMIN, "739182")


@pytest.mark.parametrize("words", [("log", "verify"), ("keys", "verify")], ids=" ".join)
def test_files_of_another_key_fail_on_the_kiosk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    which = words[0] == "keys"
    own = signed_files(tmp_path / "own")[which]
    theirs = signed_files(tmp_path / "theirs")[which]

    def verified(file: Path, data: str, *more: str) -> int:
        return main([*words, str(file), "--data-dir", str(tmp_path / data), *more])

    assert verified(own, "own") == 0
    assert "which is this kiosk's" in capsys.readouterr().out
    assert verified(theirs, "own") == 2
    said = capsys.readouterr().out
    assert said.startswith("NOT genuine: ") and "none of this kiosk's" in said
    assert said.count("\n") == 1, "nothing of a forgery is repeated"
    fingerprint = said.split("the key ")[1].split(",")[0]
    assert verified(theirs, "own", "--key", fingerprint) == 0
    assert verified(own, "own", "--key", fingerprint) == 2
    capsys.readouterr()
    assert verified(theirs, "nowhere") == 0
    assert "compare that with" in capsys.readouterr().out
