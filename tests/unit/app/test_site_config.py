"""The settings of the machine's administrator, below those that are changed on screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.app.bootstrap.config_factory import default_config, read_config, site_config
from kiosk.core.errors import ConfigError
from kiosk.storage.config_file import ConfigFile


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "etc" / "config.toml"
    file.parent.mkdir()
    file.write_text('[door]\nname = "site"\nopen_s = 4\n', encoding="utf-8")
    monkeypatch.setenv("MUNJIGI_CONFIG", str(file))
    return file


def test_it_counts_where_nothing_was_changed_on_screen(site: Path, tmp_path: Path) -> None:
    screen = tmp_path / "config.toml"
    assert read_config(screen).door.name == "site"
    screen.write_text('[door]\nname = "screen"\n', encoding="utf-8")
    config = read_config(screen)
    assert (config.door.name, config.door.open_s) == ("screen", 4)


def test_changes_on_screen_leave_it_as_it_is(site: Path, tmp_path: Path) -> None:
    before = site.read_bytes()
    screen = ConfigFile(tmp_path / "config.toml", site_config())
    assert screen.change({"door.name": "screen"}).door.open_s == 4
    assert screen.path.read_text(encoding="utf-8") == '[door]\nname = "screen"\n'
    assert screen.change({"door.name": None}).door.name == "site"
    assert site.read_bytes() == before


def test_without_one_the_defaults_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Path
) -> None:
    site.unlink()
    assert site_config() == default_config()
    monkeypatch.delenv("MUNJIGI_CONFIG")
    assert read_config(tmp_path / "config.toml") == default_config()


def test_an_unusable_one_is_named(site: Path, tmp_path: Path) -> None:
    site.write_text("[dooor]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=str(site)):
        read_config(tmp_path / "config.toml")
