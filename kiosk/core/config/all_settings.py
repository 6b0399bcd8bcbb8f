"""All settings, one dataclass per table of the TOML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from kiosk.core.config.attendance_settings import AttendanceConfig
from kiosk.core.config.camera_settings import CameraConfig, QualityConfig
from kiosk.core.config.door_settings import CardsConfig, DoorConfig
from kiosk.core.config.fleet_settings import FleetConfig
from kiosk.core.config.liveness_settings import LivenessConfig
from kiosk.core.config.lock_settings import LockTable
from kiosk.core.config.notify_settings import (
    NotifyConfig,
    NotifyEmailConfig,
    NotifyMessengerConfig,
    NotifyMqttConfig,
    NotifyWebhookConfig,
)
from kiosk.core.config.recognition_settings import EnrolmentConfig, RecognitionConfig
from kiosk.core.config.screen_settings import UiConfig
from kiosk.core.config.setting_spec import SettingSpec, spec_of
from kiosk.core.config.system_settings import (
    BackupConfig,
    ExportsConfig,
    HealthConfig,
    PrivacyConfig,
    SecurityConfig,
)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, in the order of the Settings screen and of docs/settings.md.

    ``locks``: the tables of the lock drivers, each named after its driver. Raises ``ValueError`` if
    two tables have the same name.
    """

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
    exports: ExportsConfig = field(default_factory=ExportsConfig)
    cards: CardsConfig = field(default_factory=CardsConfig)
    attendance: AttendanceConfig = field(default_factory=AttendanceConfig)
    fleet: FleetConfig = field(default_factory=FleetConfig)
    notify: NotifyConfig = field(default_factory=NotifyConfig)
    notify_webhook: NotifyWebhookConfig = field(default_factory=NotifyWebhookConfig)
    notify_email: NotifyEmailConfig = field(default_factory=NotifyEmailConfig)
    notify_messenger: NotifyMessengerConfig = field(default_factory=NotifyMessengerConfig)
    notify_mqtt: NotifyMqttConfig = field(default_factory=NotifyMqttConfig)
    locks: tuple[LockTable, ...] = ()

    def __post_init__(self) -> None:
        names = [*_CORE_TABLES, *(lock.name for lock in self.locks)]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two tables of settings are called {', '.join(sorted(twice))}")

    @property
    def tables(self) -> dict[str, Any]:
        """The settings of every table, by the table's name."""
        tables = {name: getattr(self, name) for name in _CORE_TABLES}
        return tables | {lock.name: lock.settings for lock in self.locks}

    def with_table(self, name: str, settings: Any) -> Config:
        """Return a copy with the table ``name`` replaced."""
        if name in _CORE_TABLES:
            return replace(self, **{name: settings})
        locks = (
            replace(lock, settings=settings) if lock.name == name else lock for lock in self.locks
        )
        return replace(self, locks=tuple(locks))

    def spec_of(self, item: dataclasses.Field[Any]) -> SettingSpec:
        """Return what was declared for ``item``, with the lock drivers among its choices."""
        spec = spec_of(item)
        if not spec.names_driver:
            return spec
        return replace(spec, choices=(*spec.choices, *(lock.name for lock in self.locks)))

    def fields(self) -> Iterator[tuple[str, dataclasses.Field[Any]]]:
        """Yield (table, field) of every setting."""
        for name, table in self.tables.items():
            for item in dataclasses.fields(table):
                yield name, item

    @property
    def renamed_keys(self) -> dict[str, str]:
        """The present key of every setting that had another one, by the old key."""
        return {
            spec_of(item).renamed_from: f"{table}.{item.name}"
            for table, item in self.fields()
            if spec_of(item).renamed_from
        }


_CORE_TABLES = tuple(item.name for item in dataclasses.fields(Config) if item.name != "locks")

CORE_DEFAULTS = Config()
"""The defaults, without lock drivers."""
