"""Settings: every bad value is one sentence that names its key."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.drivers import secret_from
from kiosk.app.bootstrap.build import backups_folder, key_store
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.core import paths
from kiosk.core.config import Config, config_from, load_config
from kiosk.core.errors import CameraError, ConfigError, LockError
from kiosk.vision.camera.sources import kind_of


def test_defaults_pass_their_own_checks():
    tables = {
        f.name: dataclasses.asdict(getattr(Config(), f.name)) for f in dataclasses.fields(Config)
    }
    assert config_from(tables) == Config()


def test_every_setting_is_described_and_bounded():
    for section in dataclasses.fields(Config):
        for item in dataclasses.fields(getattr(Config(), section.name)):
            assert item.metadata["description"], item.name
            if isinstance(item.default, (int, float)) and not isinstance(item.default, bool):
                assert item.metadata["low"] is not None and item.metadata["unit"], item.name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[camra]\n", "unknown table [camra]"),
        ("[camera]\nsorce = 'demo'\n", "unknown key camera.sorce"),
        ("[camera]\nwidth = 'wide'\n", "camera.width must be a whole number"),
        ("[camera]\nwidth = 640.5\n", "camera.width must be a whole number"),
        ("[camera]\nwidth = 10\n", "camera.width must be between 160 and 3840"),
        ("[recognition]\nthreshold = nan\n", "recognition.threshold must be between"),
        ("[ui]\nlanguage = 'fr'\n", "ui.language must be one of ko, en"),
        ("[ui]\nsound = 1\n", "ui.sound must be true or false"),
        ("[recognition]\nmin_span_s = 2\nwindow_s = 1\n", "min_span_s must not be larger"),
        ("[quality]\nmin_brightness = 250\n", "min_brightness must be smaller"),
        ("camera = 3\n", "must be a table"),
        ("[camera\n", "is not valid TOML"),
    ],
)
def test_bad_files_name_what_to_change(tmp_path, text, says):
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert says in str(caught.value) and str(file) in str(caught.value)


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(ConfigError, match="no configuration file"):
        load_config(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"[ui]\nlanguage = '\xff'")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "latin.toml")


def test_a_whole_number_is_fine_where_a_number_is_wanted():
    assert config_from({"door": {"open_s": 5}}).door.open_s == 5.0


@given(
    st.dictionaries(
        st.sampled_from(["votes", "window_s", "threshold", "margin", "patience_s", "threads"]),
        st.one_of(st.integers(-5, 100), st.floats(), st.text(max_size=3), st.booleans(), st.none()),
    )
)
def test_whatever_is_given_either_fits_its_bounds_or_is_refused(table):
    try:
        recognition = config_from({"recognition": table}).recognition
    except ConfigError:
        return
    for item in dataclasses.fields(recognition):
        if item.metadata["low"] is not None:
            assert item.metadata["low"] <= getattr(recognition, item.name) <= item.metadata["high"]


@pytest.mark.parametrize("text", ["~nosuch", "~nosuch/x"])
def test_the_home_of_nobody_is_one_sentence(text, monkeypatch):
    monkeypatch.setenv("MUNJIGI_DATA", text)
    monkeypatch.setenv("MUNJIGI_KEYS", text)
    lie = config_from(
        {"security": {"key_folder": text}, "backup": {"folder": text}, "door": {"policy": text}}
    )
    for where in (
        paths.default_data_dir,
        lambda: paths.keys_dir(Path("data")),
        lambda: key_store(Path("data"), lie),
        lambda: backups_folder(lie),
        lambda: build_rules(lie, Path("data")),
    ):
        with pytest.raises(ConfigError, match="no home folder"):
            where()
    with pytest.raises(CameraError, match="no home folder"):
        kind_of(text)
    with pytest.raises(LockError, match="no home folder"):
        secret_from(text, "http.secret_file")
