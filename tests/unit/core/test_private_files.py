"""What is secret stays with this user; what is not secret stays readable."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.core.private_files import make_data_folder_private, make_private, make_public_folder

HAS_ROOT = os.geteuid() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(b"s" * 32)
    return path


def test_a_process_keeps_its_files_and_its_memory_to_itself(tmp_path: Path) -> None:
    code = (
        "import os, resource; os.umask(0); from kiosk.core.private_files import keep_to_this_user;"
        "keep_to_this_user(); open('a', 'w').close(); os.mkdir('b');"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "(0, 0)"
    assert mode(tmp_path / "a") == 0o600 and mode(tmp_path / "b") == 0o700


@pytest.mark.parametrize("before", [0o644, 0o660, 0o606, 0o777])
def test_a_secret_is_narrowed_and_that_is_said(
    secret: Path, caplog: pytest.LogCaptureFixture, before: int
) -> None:
    secret.chmod(before)
    with caplog.at_level(logging.WARNING):
        make_private(secret)
        make_private(secret)
    assert mode(secret) == before & 0o700
    assert [record.getMessage() for record in caplog.records] == [
        f"{secret} could be used by other users; their access is removed"
    ]


@pytest.mark.skipif(not HAS_ROOT, reason="only root can give files away")
def test_another_users_secret_may_be_for_a_group_but_not_for_everybody(secret: Path) -> None:
    os.chown(secret, 65534, 65534)
    secret.chmod(0o640)
    make_private(secret)
    secret.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod o-rwx"):
        make_private(secret)
    assert mode(secret) == 0o644


def test_a_missing_secret_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_private(tmp_path / "missing")


@pytest.mark.parametrize(
    ("files", "before", "after"),
    [
        (("munjigi.db", "other"), 0o755, 0o700),
        ((), 0o775, 0o700),
        (("photographs",), 0o755, 0o755),
        (("munjigi.db",), 0o1777, 0o1777),
    ],
)
def test_only_a_folder_of_ours_is_narrowed(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    files: tuple[str, ...],
    before: int,
    after: int,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in files:
        (folder / name).touch()
    folder.chmod(before)
    with caplog.at_level(logging.WARNING):
        make_data_folder_private(folder, folder / "munjigi.db")
    assert mode(folder) == after and len(caplog.records) == 1


def test_folders_of_networks_are_for_everybody(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        make_public_folder(tmp_path / "weights" / "cache")
        make_public_folder(tmp_path / "weights" / "cache")
    finally:
        os.umask(before)
    assert mode(tmp_path / "weights" / "cache") == mode(tmp_path / "weights") == 0o755
