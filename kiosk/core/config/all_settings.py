"""All settings, one dataclass per table of the TOML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kiosk.core.config.camera_settings import CameraConfig, QualityConfig
from kiosk.core.config.door_settings import CardsConfig, DoorConfig
from kiosk.core.config.liveness_settings import LivenessConfig
from kiosk.core.config.lock_settings import (
    CommandConfig,
    GpioConfig,
    HttpConfig,
    MqttConfig,
    SerialConfig,
)
from kiosk.core.config.recognition_settings import EnrolmentConfig, RecognitionConfig
from kiosk.core.config.screen_settings import UiConfig
from kiosk.core.config.setting_spec import spec_of
from kiosk.core.config.system_settings import (
    BackupConfig,
    HealthConfig,
    PrivacyConfig,
    SecurityConfig,
)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, in the order of the Settings screen and of docs/settings.md."""

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


def setting_fields() -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    """Yield (table, field) of every setting, in the order of ``Config``."""
    for table in dataclasses.fields(Config):
        for item in dataclasses.fields(getattr(Config(), table.name)):
            yield table.name, item


@cache
def renamed_keys() -> dict[str, str]:
    """Return the present key of every setting that had another one, by the old key."""
    return {
        spec_of(item).renamed_from: f"{table}.{item.name}"
        for table, item in setting_fields()
        if spec_of(item).renamed_from
    }
