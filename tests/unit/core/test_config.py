"""Settings: a bad value is reported in one sentence that names its key."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.lock_driver import secret_from
from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.store_factory import backups_folder, key_store
from kiosk.core import paths
from kiosk.core.config import (
    SettingSpec,
    config_from,
    load_config,
    spec_of,
)
from kiosk.core.errors import CameraError, ConfigError, LockError
from kiosk.core.languages import language_codes
from kiosk.core.settings import settings_of
from kiosk.vision.camera.sources import kind_of

ALL = default_config()
"""With the tables of every lock driver."""


def test_defaults_pass_their_own_checks():
    tables = {name: dataclasses.asdict(table) for name, table in ALL.tables.items()}
    assert config_from(tables, template=ALL) == ALL


def test_every_setting_is_described_in_both_languages_and_bounded():
    for table, item in ALL.fields():
        spec = spec_of(item)
        assert re.search("[가-힣]", spec.ko) and not re.search("[가-힣]", spec.en), item.name
        if isinstance(item.default, (int, float)) and not isinstance(item.default, bool):
            assert spec.low is not None and spec.unit, item.name
        for other in filter(None, (spec.at_most, spec.below)):
            assert hasattr(ALL.tables[table], other), (table, item.name)


@pytest.mark.parametrize("facts", [{"low": 1}, {"high": 1}, {"low": 2, "high": 1}])
def test_spec_needs_both_bounds_and_both_descriptions(facts):
    with pytest.raises(ValueError, match="x"):
        SettingSpec("x", "x", **facts)
    with pytest.raises(ValueError, match="Korean"):
        SettingSpec("x", "")


@pytest.mark.parametrize(("old", "new"), ALL.renamed_keys.items())
def test_old_keys_are_read_and_logged_once(tmp_path, caplog, old, new):
    settings = {f"{table}.{item.name}": item for table, item in ALL.fields()}
    assert new in settings and old not in settings
    spec = spec_of(settings[new])
    value = True if spec.high is None else type(settings[new].default)(spec.high)
    table, _, name = old.partition(".")
    file = tmp_path / f"{old}.toml"
    file.write_text(f"[{table}]\n{name} = {str(value).lower()}\n")
    for _ in range(2):
        config = load_config(file)
    section, _, name = new.partition(".")
    assert getattr(getattr(config, section), name) == value
    assert [record.getMessage() for record in caplog.records] == [
        f"{file}: {old} is now called {new}; the old name is still read"
    ]


def test_old_and_new_key_together_are_refused():
    with pytest.raises(ConfigError, match=r"remove liveness\.relief_deg\."):
        config_from({"liveness": {"relief_deg": 2.0, "parallax_deg": 2.0}})


def test_error_of_an_old_key_names_the_new_one():
    with pytest.raises(ConfigError, match=r"liveness\.parallax_deg must be between 1 and 20 deg"):
        config_from({"liveness": {"relief_deg": 90}})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[camra]\n", "unknown table [camra]"),
        ("[camera]\nsorce = 'demo'\n", "unknown key camera.sorce"),
        ("[camera]\nwidth = 'wide'\n", "camera.width must be a whole number"),
        ("[camera]\nwidth = 640.5\n", "camera.width must be a whole number"),
        ("[camera]\nwidth = 10\n", "camera.width must be between 160 and 3840"),
        ("[recognition]\nthreshold = nan\n", "recognition.threshold must be between"),
        ("[ui]\nlanguage = 'xx'\n", f"ui.language must be one of {', '.join(language_codes())}"),
        ("[ui]\nsound = 1\n", "ui.sound must be true or false"),
        ("[recognition]\nmin_span_s = 2\nwindow_s = 1\n", "min_span_s must not be larger"),
        ("[quality]\nmin_brightness = 250\n", "min_brightness must be smaller"),
        ("camera = 3\n", "must be a table"),
        ("[camera\n", "is not valid TOML"),
    ],
)
def test_errors_name_the_file_and_the_key(tmp_path, text, says):
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


def test_whole_numbers_are_accepted_as_numbers():
    assert config_from({"door": {"open_s": 5}}).door.open_s == 5.0


@given(
    st.dictionaries(
        st.sampled_from(["votes", "window_s", "threshold", "margin", "unknown_after_s", "threads"]),
        st.one_of(st.integers(-5, 100), st.floats(), st.text(max_size=3), st.booleans(), st.none()),
    )
)
def test_any_value_is_within_bounds_or_refused(table):
    try:
        recognition = config_from({"recognition": table}).recognition
    except ConfigError:
        return
    for item in dataclasses.fields(recognition):
        spec = spec_of(item)
        if spec.low is not None:
            assert spec.low <= getattr(recognition, item.name) <= spec.high


@pytest.mark.parametrize("text", ["~nosuch", "~nosuch/x"])
def test_unknown_home_folder_is_reported(text, monkeypatch):
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


def test_a_list_may_only_hold_its_parts():
    assert config_from({"notify": {"silent": ["fire"]}}, template=ALL).notify.silent == ("fire",)
    with pytest.raises(ConfigError, match=r"notify\.silent may only hold door_forced"):
        config_from({"notify": {"silent": ["fire", "rain"]}}, template=ALL)
    [setting] = [one for one in settings_of(ALL) if one.key == "notify.silent"]
    assert setting.parse('["fire", "tamper"]') == ("fire", "tamper")
    with pytest.raises(ConfigError) as refused:
        setting.parse('["rain"]')
    assert refused.value.key == "setting.error.parts"
