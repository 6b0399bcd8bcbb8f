"""Settings: frozen dataclasses read from TOML; each field has a unit, bounds and a description."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.core.errors import ConfigError


def setting(
    default: Any,
    description: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    weakens_security: str = "",
) -> Any:
    """A dataclass field that carries what a person must know to change it.

    ``weakens_security``: which changes make the door less strict, or what is kept less safe: ``up``, ``down``, ``off`` or ``any``. On the screen
    these need two administrators, where the settings ask for two.
    """
    facts = {
        "description": description,
        "unit": unit,
        "low": low,
        "high": high,
        "choices": choices,
        "lax": weakens_security,
    }
    return field(default=default, metadata=facts)


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """Where pictures come from."""

    source: str = setting(
        "auto",
        "auto, an index, a device path, a video file, a folder of pictures, an rtsp:// or http:// address, or demo",
        weakens_security="any",
    )
    width: int = setting(640, "Width asked of a webcam", unit="px", low=160, high=3840)
    height: int = setting(480, "Height asked of a webcam", unit="px", low=120, high=2160)
    fps: float = setting(30.0, "Frames a second asked of a webcam", unit="1/s", low=1, high=120)
    stall_s: float = setting(
        2.0,
        "Without a new picture for this long the camera counts as lost",
        unit="s",
        low=0.5,
        high=30,
    )
    frozen_s: float = setting(
        5.0,
        "The same picture for this long counts as a lost camera",
        unit="s",
        low=1,
        high=60,
        weakens_security="up",
    )


@dataclass(frozen=True, slots=True)
class RecognitionConfig:
    """How a face becomes an answer."""

    embedder: str = setting(
        "auto",
        "Network by its name in weights/MANIFEST.toml; auto takes the best measured one that is present",
        weakens_security="any",
    )
    threshold: float = setting(
        0.0,
        "Largest distance that still counts as the same person; 0 derives it from target_strangers",
        unit="distance",
        low=0,
        high=2,
        weakens_security="any",
    )
    target_strangers: float = setting(
        1.0,
        "At most so many of 10,000 attempts of strangers may be let in",
        unit="of 10,000",
        low=0.01,
        high=1000,
        weakens_security="up",
    )
    margin: float = setting(
        0.05,
        "The second nearest person must be at least this much farther away",
        unit="distance",
        low=0,
        high=1,
        weakens_security="down",
    )
    votes: int = setting(
        4,
        "Frames of one track that must agree before the door decides (k of k of n)",
        unit="frames",
        low=2,
        high=30,
        weakens_security="down",
    )
    window_s: float = setting(
        1.0,
        "Votes are counted among the compared frames of this long (their number is the n of k of n)",
        unit="s",
        low=0.3,
        high=5,
    )
    agreement: float = setting(
        0.7,
        "Share of those frames that must agree",
        unit="share",
        low=0.5,
        high=1,
        weakens_security="down",
    )
    min_span_s: float = setting(
        0.25,
        "The votes must be spread over at least this long",
        unit="s",
        low=0,
        high=5,
        weakens_security="down",
    )
    patience_s: float = setting(
        4.0, "Without agreement for this long the answer is unknown", unit="s", low=1, high=30
    )
    idle_interval_s: float = setting(
        0.2, "Longest time between detections while nobody is there", unit="s", low=0.02, high=2
    )
    follow_frames: int = setting(
        4,
        "So many frames in a row look for a face only where it was; then the whole frame is searched",
        unit="frames",
        low=0,
        high=30,
    )
    threads: int = setting(
        0,
        "Threads for the networks; 0 takes up to four, and leaves one core to the screen where there are more than two",
        unit="threads",
        low=0,
        high=64,
    )


@dataclass(frozen=True, slots=True)
class QualityConfig:
    """Which faces are good enough to be compared."""

    min_eye_distance: float = setting(
        18.0,
        "Smallest distance between the eyes",
        unit="px",
        low=8,
        high=200,
        weakens_security="down",
    )
    max_face_share: float = setting(
        0.85, "Largest face height as a share of the picture", unit="share", low=0.2, high=1
    )
    min_sharpness: float = setting(
        12.0,
        "Smallest variance of the Laplacian of the aligned face",
        unit="variance",
        low=0,
        high=2000,
        weakens_security="down",
    )
    min_brightness: float = setting(
        40.0, "Darkest usable mean luminance of the face", unit="0-255", low=0, high=255
    )
    max_brightness: float = setting(
        225.0, "Brightest usable mean luminance of the face", unit="0-255", low=0, high=255
    )
    max_yaw: float = setting(
        0.55,
        "How far the head may be turned while verifying (about 1 is a profile)",
        unit="ratio",
        low=0.05,
        high=1,
        weakens_security="up",
    )
    min_probability: float = setting(
        0.95,
        "Least detector probability that this is a face at all",
        unit="0-1",
        low=0.5,
        high=1,
        weakens_security="down",
    )


@dataclass(frozen=True, slots=True)
class LivenessConfig:
    """Whether somebody real stands there (docs/liveness.md)."""

    enabled: bool = setting(
        True,
        "Whether this is checked at all; without it a photograph opens the door",
        weakens_security="off",
    )
    challenge: str = setting(
        "when_needed",
        "Who is asked to turn their head: nobody (who does not show by natural motion that they are real is refused), who does not show it in time, or everybody",
        choices=("never", "when_needed", "always"),
        weakens_security="any",
    )
    relief_deg: float = setting(
        1.8,
        "How far the head must be seen to turn in depth; of a face that is seen large less is enough",
        unit="deg",
        low=1,
        high=20,
        weakens_security="down",
    )
    foreign_share: float = setting(
        0.08,
        "Largest share of the place beside the head that may differ from the empty view",
        unit="share",
        low=0.01,
        high=0.5,
        weakens_security="up",
    )
    foreign_share_turned: float = setting(
        0.2,
        "The same for who turned their head as asked, where the place is known",
        unit="share",
        low=0.01,
        high=1,
        weakens_security="up",
    )
    known_share: float = setting(
        0.8,
        "Least share of the rest of the picture that must be as it was",
        unit="share",
        low=0.5,
        high=1,
        weakens_security="down",
    )
    wait_s: float = setting(
        0.8,
        "How long after recognition natural motion is waited for before the head is to be turned",
        unit="s",
        low=0.1,
        high=5,
        weakens_security="up",
    )
    turns: int = setting(
        2,
        "How many turns are asked for, in random order",
        unit="turns",
        low=1,
        high=3,
        weakens_security="down",
    )
    spare_turns: int = setting(
        1,
        "How many turns that were not seen in time are replaced by another one, drawn at that moment",
        unit="turns",
        low=0,
        high=2,
        weakens_security="up",
    )
    turn_s: float = setting(
        3.5, "Time for each turn", unit="s", low=1, high=15, weakens_security="up"
    )
    turn: float = setting(
        0.16,
        "How far the nose must move between eyes and mouth in a turn (about 1 is a profile)",
        unit="ratio",
        low=0.05,
        high=0.5,
        weakens_security="down",
    )
    turn_relief_deg: float = setting(
        2.0,
        "How far a turn must be seen in depth",
        unit="deg",
        low=0.5,
        high=15,
        weakens_security="down",
    )


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """How the door behaves."""

    name: str = setting("지능형 시스템 연구실", "Name shown at the top of the door's screen")
    lock: str = setting(
        "log",
        "Driver that opens the door, with its own table below; log only shows and records",
        choices=("log", "gpio", "serial", "mqtt", "http", "command"),
        weakens_security="any",
    )
    policy: str = setting(
        "",
        "File with the access rules; empty takes policy.toml in the data folder, if there is one (docs/policy.md)",
        weakens_security="any",
    )
    open_s: float = setting(
        4.0,
        "How long the door stays open after an accept",
        unit="s",
        low=1,
        high=60,
        weakens_security="up",
    )
    lock_timeout_s: float = setting(
        2.0,
        "Longest wait for the lock's answer; without one the door counts as locked",
        unit="s",
        low=0.2,
        high=10,
    )
    held_open_s: float = setting(
        30.0,
        "A door that stands open for longer is reported; 0 never reports it",
        unit="s",
        low=0,
        high=3600,
        weakens_security="any",
    )
    relock: bool = setting(
        True,
        "Lock as soon as the door has been opened and shut again (needs a door contact)",
        weakens_security="off",
    )
    fire_opens: bool = setting(
        True, "Hold the door open while the fire input is active", weakens_security="any"
    )
    reject_s: float = setting(3.0, "How long a reject is shown", unit="s", low=1, high=30)
    cooldown_s: float = setting(1.5, "Pause before the next attempt", unit="s", low=0, high=30)
    max_failures: int = setting(
        5,
        "Rejects in a row before the kiosk pauses",
        unit="attempts",
        low=1,
        high=100,
        weakens_security="up",
    )
    lockout_s: float = setting(
        30.0,
        "First pause after too many rejects; it doubles each time",
        unit="s",
        low=5,
        high=3600,
        weakens_security="down",
    )
    pin_for: str = setting(
        "look_alikes",
        "Who is asked for student number and PIN before the face: look_alikes (people somebody else enrolled looks like), or everybody",
        choices=("look_alikes", "everybody"),
        weakens_security="any",
    )
    claim_s: float = setting(
        20.0, "How long a typed student number waits for a face", unit="s", low=5, high=120
    )


@dataclass(frozen=True, slots=True)
class CardsConfig:
    """Badges held to the camera, and card readers that type."""

    camera: bool = setting(True, "Read badges (QR codes) that are held to the camera")
    bar_codes: bool = setting(
        False,
        "Read bar codes (EAN, UPC) too; a registered one does as much as a typed number",
        weakens_security="any",
    )
    interval_s: float = setting(
        0.25, "Time between two looks for codes", unit="s", low=0.05, high=5
    )
    reader: bool = setting(True, "Take fast bursts of keys with Enter at their end for a card")
    gap_ms: float = setting(
        35.0, "Keys of a card reader follow each other within this time", unit="ms", low=2, high=100
    )
    least: int = setting(6, "Shortest code of a card", unit="characters", low=4, high=32)


@dataclass(frozen=True, slots=True)
class GpioConfig:
    """A relay and inputs on the pins of a Raspberry Pi (door.lock = "gpio"). Pins by their BCM numbers; an input closes to ground."""

    pin: int = setting(17, "Pin of the relay", unit="BCM", low=0, high=27, weakens_security="any")
    active_high: bool = setting(
        True,
        "The relay switches on with a high pin; false for boards that switch on with a low one",
        weakens_security="any",
    )
    contact_pin: int = setting(
        -1, "Pin of the door contact; -1: none", unit="BCM", low=-1, high=27, weakens_security="any"
    )
    exit_pin: int = setting(
        -1, "Pin of the exit button; -1: none", unit="BCM", low=-1, high=27, weakens_security="any"
    )
    tamper_pin: int = setting(
        -1,
        "Pin of the tamper contact; -1: none",
        unit="BCM",
        low=-1,
        high=27,
        weakens_security="any",
    )
    fire_pin: int = setting(
        -1,
        "Pin of the fire alarm's contact; -1: none",
        unit="BCM",
        low=-1,
        high=27,
        weakens_security="any",
    )
    other_door_pin: int = setting(
        -1,
        "Pin that says that the other door of an interlock is open; -1: none",
        unit="BCM",
        low=-1,
        high=27,
        weakens_security="any",
    )
    active_open: tuple[str, ...] = setting(
        ("contact", "tamper"),
        "Inputs that are active while their contact is open: contact, exit, tamper, fire, other_door",
        weakens_security="any",
    )


@dataclass(frozen=True, slots=True)
class SerialConfig:
    """A USB relay board of the LCUS family (door.lock = "serial")."""

    port: str = setting(
        "auto", "Device such as /dev/ttyUSB0 or COM3; auto finds it by usb", weakens_security="any"
    )
    usb: str = setting(
        "1a86:7523",
        "Vendor and product of the board's USB converter, in hexadecimal (CH340)",
        weakens_security="any",
    )
    channel: int = setting(
        1, "Channel of the relay", unit="channel", low=1, high=16, weakens_security="any"
    )
    answers: bool = setting(
        True,
        "The board tells its channels when asked; false for boards with one channel, which say nothing",
    )
    answer_s: float = setting(0.5, "Longest wait for the board's answer", unit="s", low=0.1, high=5)


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """A door controller behind an MQTT broker (door.lock = "mqtt")."""

    host: str = setting("localhost", "Name or address of the broker", weakens_security="any")
    port: int = setting(
        8883, "Port of the broker", unit="port", low=1, high=65535, weakens_security="any"
    )
    tls: bool = setting(
        True, "Encrypt; may be false only for a broker on this machine", weakens_security="off"
    )
    ca_file: str = setting(
        "",
        "Certificate of the authority that signed the broker's; empty takes the system's",
        weakens_security="any",
    )
    user: str = setting("", "User name at the broker; empty: none")
    password_file: str = setting("", "File with the user's password")
    secret_file: str = setting(
        "",
        "File with a secret shared with the door controller: each signs what it says; empty: none, and exit and fire are not heard",
        weakens_security="any",
    )
    topic: str = setting(
        "munjigi/door",
        "Topics begin with this: commands go to TOPIC/command, answers come on TOPIC/ack, inputs on TOPIC/inputs",
        weakens_security="any",
    )
    ack_s: float = setting(
        1.5,
        "Longest wait for the controller's answer; a command is void after that",
        unit="s",
        low=0.2,
        high=10,
    )


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """A door controller that takes signed HTTP requests (door.lock = "http")."""

    url: str = setting(
        "",
        "Address that commands are posted to; https:// unless it is this machine",
        weakens_security="any",
    )
    secret_file: str = setting(
        "", "File with the secret that signs each request (HMAC-SHA-256)", weakens_security="any"
    )
    ca_file: str = setting(
        "",
        "Certificate of the authority that signed the controller's; empty takes the system's",
        weakens_security="any",
    )
    try_s: float = setting(0.6, "Longest wait for one try", unit="s", low=0.1, high=5)
    tries: int = setting(
        3,
        "How often a command is sent, with the same id, until it is answered",
        unit="tries",
        low=1,
        high=5,
    )


@dataclass(frozen=True, slots=True)
class CommandConfig:
    """A program of one's own that opens and locks (door.lock = "command"). No shell: each list is a program and its arguments."""

    open: tuple[str, ...] = setting(
        (),
        'Opens, for example ["/usr/local/bin/door", "open", "{seconds}"]; exit code 0 means that it did',
        weakens_security="any",
    )
    close: tuple[str, ...] = setting(
        (), "Locks; run after the time is over, and at the start", weakens_security="any"
    )
    limit_s: float = setting(
        1.5, "A program that takes longer is stopped, and has failed", unit="s", low=0.1, high=10
    )


@dataclass(frozen=True, slots=True)
class EnrolmentConfig:
    """How people are enrolled."""

    duplicate_factor: float = setting(
        1.0,
        "Somebody nearer than this times the threshold counts as already enrolled",
        unit="factor",
        low=0.5,
        high=1.5,
        weakens_security="down",
    )
    pose_timeout_s: float = setting(
        60.0,
        "A guided capture without progress for this long is stopped",
        unit="s",
        low=10,
        high=600,
    )


@dataclass(frozen=True, slots=True)
class UiConfig:
    """What people see."""

    language: str = setting("ko", "Language at start", choices=("ko", "en"))
    theme: str = setting("dark", "Colours at start", choices=("dark", "light"))
    windowed: bool = setting(False, "Run in a window instead of full screen")
    sound: bool = setting(True, "Play a tone on accept and reject")
    idle_s: float = setting(
        20.0, "Nobody there for this long dims the screen to a clock", unit="s", low=5, high=3600
    )
    sign_out_s: float = setting(
        120.0, "Staff are signed out after this long without a touch", unit="s", low=15, high=3600
    )
    reduced_motion: bool = setting(False, "No animations")
    speech: bool = setting(False, "Say what the door's screen shows (needs espeak-ng)")
    low: bool = setting(
        False, "All controls of the door in the lower half of the screen, for people who sit"
    )
    text_scale: float = setting(
        1.0, "How much larger all words are", unit="factor", low=1, high=1.2
    )
    time_factor: float = setting(
        1.0,
        "How many times longer rejects, claims, PINs, turns of the head, the second of two people and staff screens wait",
        unit="factor",
        low=1,
        high=10,
        weakens_security="up",
    )
    on_screen_keyboard: str = setting(
        "auto",
        "Keyboard on the screen wherever something is written; auto shows it while no real one is plugged in (a card reader that types counts as one: choose always)",
        choices=("auto", "always", "never"),
    )


@dataclass(frozen=True, slots=True)
class SecurityConfig:
    """Where the secret keys lie, and what needs two people."""

    key_store: str = setting(
        "file",
        "Where the secret keys lie: in files that only this user can read, or in the system's keyring",
        choices=("file", "keyring"),
        weakens_security="any",
    )
    two_admins: bool = setting(
        False,
        "Deleting rows of the log, restoring a backup, or a larger deciding distance needs two administrators",
        weakens_security="off",
    )
    key_folder: str = setting(
        "",
        "Folder of the key files; empty is $MUNJIGI_KEYS, else a folder beside the data folder",
        weakens_security="any",
    )


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """How long what is kept."""

    keep_log_days: int = setting(
        90,
        "Rows of the access log and of the actions are removed after so many days",
        unit="days",
        low=1,
        high=3650,
        weakens_security="down",
    )


@dataclass(frozen=True, slots=True)
class BackupConfig:
    """Encrypted copies of the database."""

    every_hours: int = setting(
        24, "A backup is made when the newest one is older than this", unit="h", low=1, high=720
    )
    keep: int = setting(
        14, "So many backups are kept; the oldest go first", unit="backups", low=1, high=1000
    )
    folder: str = setting(
        "", "Folder of the backups, on another disk perhaps; empty is backups in the data folder"
    )


@dataclass(frozen=True, slots=True)
class HealthConfig:
    """What other programs of this machine may ask: /healthz, and /metrics for Prometheus."""

    port: int = setting(
        0, "Port on 127.0.0.1 that answers; 0: none", unit="port", low=0, high=65535
    )


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, one dataclass per table of the TOML file."""

    camera: CameraConfig = field(default_factory=CameraConfig)
    recognition: RecognitionConfig = field(default_factory=RecognitionConfig)
    quality: QualityConfig = field(default_factory=QualityConfig)
    liveness: LivenessConfig = field(default_factory=LivenessConfig)
    door: DoorConfig = field(default_factory=DoorConfig)
    enrolment: EnrolmentConfig = field(default_factory=EnrolmentConfig)
    ui: UiConfig = field(default_factory=UiConfig)
    security: SecurityConfig = field(default_factory=SecurityConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    backup: BackupConfig = field(default_factory=BackupConfig)
    health: HealthConfig = field(default_factory=HealthConfig)
    cards: CardsConfig = field(default_factory=CardsConfig)
    gpio: GpioConfig = field(default_factory=GpioConfig)
    serial: SerialConfig = field(default_factory=SerialConfig)
    mqtt: MqttConfig = field(default_factory=MqttConfig)
    http: HttpConfig = field(default_factory=HttpConfig)
    command: CommandConfig = field(default_factory=CommandConfig)


def load_config(path: Path | None) -> Config:
    """Settings from ``path``; the defaults where it is ``None``.

    Raises ``ConfigError`` naming the key where a key is unknown, of the wrong type or out of bounds.
    """
    if path is None:
        return Config()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no configuration file {path}; create it or leave --config out."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration file {path} cannot be read ({error}); check the path and its permissions."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML ({error}); correct that line.") from None
    return config_from(tables, origin=str(path))


def config_from(tables: Mapping[str, Any], origin: str = "the configuration") -> Config:
    """Settings from parsed TOML; ``origin`` is named in errors."""
    known = {f.name: f.default_factory for f in dataclasses.fields(Config)}
    parts: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in known:
            raise ConfigError(
                f"{origin} has the unknown table [{name}]; use one of {', '.join(known)}."
            )
        if not isinstance(table, Mapping):
            raise ConfigError(f"{origin}: {name} must be a table, written [{name}].")
        parts[name] = _section(known[name], name, table, origin)
    config = Config(**parts)
    _check_together(config, origin)
    return config


def _section(section: Any, name: str, table: Mapping[str, Any], origin: str) -> Any:
    fields = {f.name: f for f in dataclasses.fields(section)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise ConfigError(
                f"{origin} has the unknown key {name}.{key}; use one of {', '.join(fields)}."
            )
        values[key] = _checked(fields[key], f"{name}.{key}", value, origin)
    return section(**values)


def _checked(spec: dataclasses.Field[Any], key: str, value: Any, origin: str) -> Any:
    wanted = type(spec.default)
    if wanted is tuple and isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = tuple(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise ConfigError(f"{origin}: {key} must be {_NAMES[wanted]}, not {value!r}.")
    facts = spec.metadata
    if facts["choices"] and value not in facts["choices"]:
        raise ConfigError(
            f"{origin}: {key} must be one of {', '.join(facts['choices'])}, not {value!r}."
        )
    low = facts["low"]
    high = facts["high"]
    if low is not None and not low <= value <= high:  # also refuses NaN
        raise ConfigError(
            f"{origin}: {key} must be between {low:g} and {high:g} {facts['unit']}, not {value!r}."
        )
    return value


_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list of texts in quotes",
}


def _check_together(config: Config, origin: str) -> None:
    if config.recognition.min_span_s > config.recognition.window_s:
        raise ConfigError(
            f"{origin}: recognition.min_span_s must not be larger than recognition.window_s."
        )
    if config.quality.min_brightness >= config.quality.max_brightness:
        raise ConfigError(
            f"{origin}: quality.min_brightness must be smaller than quality.max_brightness."
        )
