"""Single settings: typed text is valid or refused; which changes weaken security."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.access.drivers.program import CommandConfig
from kiosk.app.bootstrap.config_factory import default_config
from kiosk.core.addresses import STARS, hidden
from kiosk.core.config import config_from
from kiosk.core.errors import ConfigError
from kiosk.core.settings import Setting, SettingKind, setting_rows, settings_of

DEFAULTS = default_config()
ALL = {setting.key: setting for setting in settings_of(DEFAULTS)}


def test_all_settings_are_listed_and_defaults_can_be_typed():
    assert len(ALL) == sum(len(dataclasses.fields(table)) for table in DEFAULTS.tables.values())
    for setting in ALL.values():
        assert (
            setting.value == setting.default
            and setting.parse(setting.words(setting.default)) == setting.default
        )


@given(
    st.sampled_from(list(ALL.values())),
    st.text(max_size=12)
    | st.floats().map(str)
    | st.integers().map(str)
    | st.sampled_from(["true", '["a"]', "log"]),
)
def test_typed_text_is_valid_in_the_file_or_refused(setting: Setting, text: str):
    try:
        value = setting.parse(text)
    except ConfigError as error:
        assert error.key.startswith("setting.error.")
        return
    section, _, name = setting.key.partition(".")
    try:
        typed = list(value) if isinstance(value, tuple) else value
        config = config_from({section: {name: typed}}, template=DEFAULTS)
    except ConfigError as error:
        assert "must be smaller" in str(error) or "must not be larger" in str(
            error
        )  # two settings together
    else:
        assert getattr(config.tables[section], name) == value


def test_steps_are_round_and_many_enough():
    for setting in ALL.values():
        if setting.spec.step:
            assert setting.step == setting.spec.step
        elif setting.kind in (SettingKind.WHOLE, SettingKind.NUMBER):
            assert setting.step > 0 and f"{setting.step:g}".lstrip("0.")[0] in "125"
            assert setting.kind is SettingKind.NUMBER or setting.step >= 1


@pytest.mark.parametrize(
    ("key", "value", "weakens_security"),
    [
        ("recognition.max_false_accepts", 2.0, True),
        ("recognition.max_false_accepts", 0.5, False),
        ("recognition.threshold", 0.4, True),
        ("recognition.votes", 3, True),
        ("recognition.votes", 5, False),
        ("security.two_admins", False, False),
        ("door.relock", False, True),
        ("ui.sound", False, False),
        ("privacy.keep_log_days", 30, True),
        ("privacy.keep_log_days", 100, False),
        ("mqtt.tls", False, True),
        ("command.open", ("x",), True),
        ("recognition.votes", 4, False),
        ("liveness.enabled", False, True),
        ("liveness.challenge", "never", True),
        ("liveness.parallax_deg", 1.0, True),
        ("liveness.parallax_deg", 3.0, False),
        ("liveness.max_background_change", 0.5, True),
        ("liveness.turn_s", 15.0, True),
        ("liveness.turns", 3, False),
        ("door.fire_opens", False, True),
        ("gpio.exit_pin", 5, True),
        ("gpio.fire_pin", 6, True),
        ("gpio.other_door_pin", 7, True),
        ("mqtt.port", 1883, True),
        ("serial.port", "/dev/ttyUSB1", True),
        ("ui.time_factor", 10.0, True),
        ("camera.frozen_s", 60.0, True),
    ],
)
def test_changes_that_weaken_security(key, value, weakens_security):
    assert ALL[key].weakened_by(value) is weakens_security


def test_every_liveness_setting_declares_what_weakens_it():
    assert [
        setting.key
        for setting in ALL.values()
        if setting.section == "liveness" and not setting.spec.weakens_security
    ] == []


def test_turning_off_the_two_administrator_rule_weakens_security():
    assert dataclasses.replace(ALL["security.two_admins"], value=True).weakened_by(False)


def test_passwords_are_hidden_and_kept_if_the_placeholder_stays():
    camera = dataclasses.replace(ALL["camera.source"], value="rtsp://root:secret@10.0.0.2/live")
    assert camera.words(camera.value) == "rtsp://***@10.0.0.2/live" == hidden(camera.value)
    assert camera.parse("rtsp://***@10.0.0.3/live") == "rtsp://root:secret@10.0.0.3/live"
    with pytest.raises(ConfigError):
        ALL["http.url"].parse("https://***@host/")


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:secret@10.0.0.2/live",
        "rtsp://admin:sec@secret@10.0.0.2/live",
        "rtsp://admin:a/secret@10.0.0.2/live",
        "rtsp://admin:a secret@10.0.0.2",
        "http://10.0.0.2/video.cgi?user=admin&pwd=secret",
        "http://admin:secret@10.0.0.2/v?pwd=secret",
        "rtsp://admin:why?secret@10.0.0.2/live",
    ],
)
def test_passwords_in_any_form_of_address_are_hidden(address: str):
    config = dataclasses.replace(
        DEFAULTS.with_table("command", CommandConfig(open=("door", address))),
        camera=dataclasses.replace(DEFAULTS.camera, source=address),
    )
    settings = {setting.key: setting for setting in settings_of(config)}
    for key in ("camera.source", "command.open"):
        assert "secret" not in settings[key].words(settings[key].value) and "10.0.0.2" in settings[
            key
        ].words(settings[key].value)
    camera = settings["camera.source"]
    assert camera.parse(camera.words(address)) == address, "leaving the stars keeps it"


FILE_ONLY = {
    "door.policy": "who may enter",
    "security.key_store": "where the keys lie",
    "security.key_folder": "where the keys lie",
    "serial.port": "a device that is written to",
    "serial.usb": "which device that is",
    "mqtt.host": "who is told to open, and tells who presses the exit button",
    "mqtt.port": "the same",
    "mqtt.tls": "who can read and change that",
    "mqtt.ca_file": "who is trusted as the broker",
    "mqtt.user": "as whom the kiosk speaks",
    "mqtt.password_file": "a file that is sent",
    "mqtt.secret_file": "a file that is used as a secret",
    "mqtt.topic": "which door",
    "http.url": "who is told to open",
    "http.secret_file": "a file that is used as a secret",
    "http.ca_file": "who is trusted as the controller",
    "command.open": "a program",
    "command.close": "a program",
    "command.help": "a program",
    "privacy.consent_text": "a file that is shown to people who sign",
    "fleet.url": "whose list the door follows",
    "exports.address": "who can reach the exported files",
    "notify_webhook.allow_http": "who can read what is told",
    "notify_webhook.ca_file": "who is trusted as the receiver",
    "notify_email.ca_file": "the same",
    "notify_mqtt.tls": "who can read what is told",
    "notify_mqtt.ca_file": "who is trusted as the broker",
}
"""What an administrator at the screen could take the user, the keys or the lock with."""

TEXTS_ON_SCREEN = {
    "camera.source": "pictures only; another camera is a weakening that is logged",
    "recognition.embedder": "a name in the manifest, whose files have checksums",
    "door.name": "shown only",
    "backup.folder": "gets encrypted files only",
    "gpio.active_open": "names of inputs",
    "privacy.controller": "shown only",
    "privacy.contact": "shown only",
    "ui.contact_name": "shown only",
    "ui.contact_phone": "shown only",
    "enrolment.semester_ends": "days that a button offers",
    "notify.site": "shown only",
    "notify.silent": "fewer messages; a weakening that is logged",
    "notify_webhook.url": "names only as notify.names allows; a weakening that is logged",
    "notify_email.host": "the same",
    "notify_email.user": "as whom the kiosk speaks",
    "notify_email.sender": "as notify_email.host",
    "notify_email.recipients": "the same",
    "notify_messenger.template": "wording only",
    "notify_mqtt.host": "as notify_email.host",
    "notify_mqtt.user": "as whom the kiosk speaks",
    "notify_mqtt.topic": "as notify_email.host",
    "notify_mqtt.discovery": "the name of a topic",
}
"""Texts and lists that are neither, with the reason."""


def test_what_names_programs_keys_and_locks_is_set_in_the_file_only():
    assert {key for key, setting in ALL.items() if setting.spec.file_only} == set(FILE_ONLY)
    free = {
        key
        for key, setting in ALL.items()
        if setting.kind in (SettingKind.TEXT, SettingKind.LIST) and not setting.spec.file_only
    }
    assert free == set(TEXTS_ON_SCREEN), "decide for a new text whether the screen may set it"


@pytest.mark.parametrize("text", ["45", "-90", "360", "90.5", "nan", "up"])
def test_a_setting_with_steps_names_its_values(text):
    turned = ALL["camera.turned"]
    assert [turned.parse(each) for each in ("0", "90", "270")] == [0, 90, 270]
    with pytest.raises(ConfigError, match="one of 0, 90, 180, 270") as caught:
        turned.parse(text)
    assert caught.value.key == "setting.error.steps"
    with pytest.raises(ConfigError, match="must be one of 0, 90, 180, 270"):
        config_from({"camera": {"turned": 45}}, "config.toml")


def test_a_secret_is_never_shown_in_any_form():
    for url in ("postgresql://door:pw1@db/munjigi", "host=db password=pw1", "pw1"):
        setting = dataclasses.replace(ALL["fleet.url"], value=url)
        assert setting.words(url) == STARS
        config = config_from({"fleet": {"url": url}}, template=DEFAULTS)
        assert dict(setting_rows(config))["fleet.url"] == STARS
    assert ALL["fleet.url"].words("") == ""
