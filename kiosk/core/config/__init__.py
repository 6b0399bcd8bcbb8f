"""Settings: frozen dataclasses read from TOML, each field with what is known of it beside it."""

from kiosk.core.config.all_settings import CORE_DEFAULTS as CORE_DEFAULTS
from kiosk.core.config.all_settings import Config as Config
from kiosk.core.config.camera_settings import CameraConfig as CameraConfig
from kiosk.core.config.camera_settings import QualityConfig as QualityConfig
from kiosk.core.config.config_reader import config_from as config_from
from kiosk.core.config.config_reader import load_config as load_config
from kiosk.core.config.door_settings import CardsConfig as CardsConfig
from kiosk.core.config.door_settings import DoorConfig as DoorConfig
from kiosk.core.config.liveness_settings import LivenessConfig as LivenessConfig
from kiosk.core.config.lock_settings import LockTable as LockTable
from kiosk.core.config.lock_settings import lock_setting as lock_setting
from kiosk.core.config.notify_settings import NotifyConfig as NotifyConfig
from kiosk.core.config.notify_settings import NotifyWebhookConfig as NotifyWebhookConfig
from kiosk.core.config.recognition_settings import EnrolmentConfig as EnrolmentConfig
from kiosk.core.config.recognition_settings import RecognitionConfig as RecognitionConfig
from kiosk.core.config.screen_settings import UiConfig as UiConfig
from kiosk.core.config.setting_spec import Reload as Reload
from kiosk.core.config.setting_spec import SettingSpec as SettingSpec
from kiosk.core.config.setting_spec import StartupCheck as StartupCheck
from kiosk.core.config.setting_spec import spec_of as spec_of
from kiosk.core.config.system_settings import BackupConfig as BackupConfig
from kiosk.core.config.system_settings import HealthConfig as HealthConfig
from kiosk.core.config.system_settings import PrivacyConfig as PrivacyConfig
from kiosk.core.config.system_settings import SecurityConfig as SecurityConfig
