"""config.toml is changed in place, keeps what somebody wrote into it, and is never half written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.core.config import Config
from kiosk.core.errors import ConfigError, StorageError
from kiosk.storage.config_file import ConfigFile

TEXT = """# of our laboratory
[door]
name = "Lab"  # on the door
open_s = 6

[ui]
sound = false
"""


@pytest.fixture
def file(tmp_path: Path) -> ConfigFile:
    (tmp_path / "config.toml").write_text(TEXT)
    return ConfigFile(tmp_path / "config.toml", default_config())


def test_comments_and_order_are_kept(file):
    config = file.change(
        {
            "door.open_s": 8.0,
            "ui.language": "en",
            "ui.sound": None,
            "gpio.active_open": ("contact",),
            "backup.keep": 3,
        }
    )
    text = file.path.read_text()
    assert (
        text.startswith("# of our laboratory")
        and '"Lab"  # on the door' in text
        and "open_s = 8.0" in text
        and "sound" not in text
    )
    assert (
        config.door.open_s,
        config.ui.language,
        config.ui.sound,
        config.tables["gpio"].active_open,
        config.backup.keep,
    ) == (8.0, "en", True, ("contact",), 3)
    assert file.read() == config and config.door.name == "Lab"


def test_change_replaces_old_keys_with_new_ones(file):
    file.path.write_text(
        "[liveness]\nrelief_deg = 2.5  # hall\n\n[ui]\nlow = true\nsound = false\n"
    )
    config = file.change({"liveness.parallax_deg": 3.0, "ui.sound": None})
    assert (config.liveness.parallax_deg, config.ui.low_controls, config.ui.sound) == (
        3,
        True,
        True,
    )
    text = file.path.read_text()
    assert "parallax_deg = 3.0" in text and "low_controls = true" in text
    assert "relief_deg" not in text and "low =" not in text
    assert "low_controls" not in file_after(file, {"ui.low_controls": None})


def test_old_and_new_key_together_are_not_overwritten(file):
    text = "[liveness]\nrelief_deg = 2.5\nparallax_deg = 2.0\n"
    file.path.write_text(text)
    with pytest.raises(ConfigError, match="remove liveness"):
        file.change({"ui.sound": False})
    assert file.path.read_text() == text


def file_after(file: ConfigFile, values: dict[str, object]) -> str:
    file.change(values)
    return file.path.read_text()


def test_a_missing_file_is_created_with_mode_0600(tmp_path):
    file = ConfigFile(tmp_path / "config.toml")
    assert file.read() == Config()
    file.change({"door.name": '새 연구실 "A"'})
    assert (
        file.read().door.name == '새 연구실 "A"' and stat.S_IMODE(file.path.stat().st_mode) == 0o600
    )


@pytest.mark.parametrize(
    "values",
    [
        {"recognition.window_s": 0.3, "recognition.min_span_s": 0.5},
        {"door.open_s": 700.0},
        {"doors.x": 1},
        {"door.nothing": 1},
    ],
)
def test_invalid_values_change_nothing(file, values):
    with pytest.raises(ConfigError):
        file.change(values)
    assert file.path.read_text() == TEXT


def test_an_invalid_file_is_not_overwritten(file):
    file.path.write_text("[door\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        file.change({"ui.sound": True})
    file.path.write_text("door = 3\n")
    with pytest.raises(ConfigError, match="must be a table"):
        file.change({"door.open_s": 5.0})
    assert file.path.read_text() == "door = 3\n"


def test_a_full_disk_keeps_the_old_file(file, monkeypatch):
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        file.change({"ui.sound": True})
    assert file.path.read_text() == TEXT and [path.name for path in file.path.parent.iterdir()] == [
        "config.toml"
    ]


def test_links_and_permissions_are_kept(file, tmp_path):
    file.path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file.path)
    ConfigFile(link).change({"ui.sound": True})
    assert (
        link.is_symlink()
        and "sound = true" in file.path.read_text()
        and stat.S_IMODE(file.path.stat().st_mode) == 0o640
    )
