"""The program's folders in a source tree and in an installed package; folders of data."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from kiosk.core import paths


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder ``weights`` of a package that pip has installed."""
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "kiosk")
    weights = tmp_path / "kiosk" / "weights"
    weights.mkdir(parents=True)
    return weights


def test_a_source_tree_is_used_where_it_lies():
    root = Path(__file__).resolve().parents[3]
    assert root / "assets" == paths.ASSETS and root / "weights" == paths.WEIGHTS
    assert paths.network_cache(paths.WEIGHTS) == root / "weights" / "cache"


def test_an_installed_package_finds_its_own_folders(installed: Path):
    assert paths._resource_dir("weights") == installed
    assert paths._resource_dir("assets") == paths.ASSETS


def test_networks_of_an_installed_package_are_kept_in_the_users_cache(
    installed: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/someone")
    assert paths.network_cache(installed) == Path("/var/cache/someone/munjigi/weights")
    (installed / "cache").mkdir()
    assert paths.network_cache(installed) == installed / "cache", "as in the Debian package"


def test_the_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MUNJIGI_DATA", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    assert paths.default_data_dir() == Path("/home/someone/.local/share/munjigi")
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    assert paths.default_data_dir() == Path("/srv/data/munjigi")
    monkeypatch.setenv("MUNJIGI_DATA", "~/elsewhere")
    assert paths.default_data_dir() == Path("/home/someone/elsewhere")


def test_other_processes_import_from_where_this_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), "lib"])
    root = Path(__file__).resolve().parents[3]
    assert paths.python_path().split(os.pathsep) == [
        str(root),
        str(tmp_path),
        str(Path("lib").absolute()),
    ]


def test_a_path_is_found_in_the_spelling_of_the_disk(tmp_path: Path, monkeypatch):
    """A Mac writes names decomposed, and people type them composed."""
    folder = tmp_path / unicodedata.normalize("NFD", "사진")
    (folder / "é.csv").mkdir(parents=True)
    found = folder / "é.csv"
    assert paths.existing(tmp_path / "사진" / "é.csv") == found
    assert paths.existing(tmp_path / "사진" / "e\u0301.csv") == found
    monkeypatch.chdir(tmp_path)
    assert paths.existing("사진/../사진/é.csv").samefile(found)
    nothing = tmp_path / "사진" / "nothing.csv"
    assert paths.existing(nothing) == nothing
    assert paths.existing("a\0b") == Path("a\0b")
