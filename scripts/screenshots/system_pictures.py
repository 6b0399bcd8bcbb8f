"""Pictures of settings, notifications and the system pages."""

from __future__ import annotations

from pathlib import Path

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.doctor.check_messages import check_message, check_of_keys, ok
from kiosk.app.doctor.machine_checks import versions
from kiosk.core.people import Account, AccountRole
from kiosk.core.settings import SettingsView, setting_rows, settings_of
from kiosk.core.sticks import HandOut, Parcel, Stick
from kiosk.core.view_models import AccountsPage, CheckLevel
from scripts.screenshots.invented import CHANNEL_STATES, DERIVED, NOW
from scripts.screenshots.studio import Studio, press


def shoot_accounts(studio: Studio) -> None:
    """Draw the accounts of staff."""
    admin = studio.admin
    admin.page("accounts")
    admin.accounts.show_page(
        AccountsPage(
            (
                Account("관리자", AccountRole.ADMIN, id=1, created_at=NOW),
                Account("조교", AccountRole.STAFF, id=2, created_at=NOW),
            )
        )
    )
    studio.shoot("accounts", "admin")


def shoot_delivery(studio: Studio) -> None:
    """Draw the page that hands files out."""
    admin = studio.admin
    admin.page("delivery")
    export = HandOut("access-log-20260302-094100.csv", content=b"x" * 250_000)
    admin.delivery.show_parcel(Parcel(export.name, (export,)))
    admin.delivery.stick.show_sticks(
        [Stick("sdb1", "LAB", place=Path("/run"), size=16_000_000_000, free=12_300_000_000)]
    )
    studio.shoot("delivery", "admin")


def shoot_system(studio: Studio) -> None:
    """Draw the system check."""
    admin = studio.admin
    admin.page("system")
    admin.system.show_checks(
        [
            ok("camera", "Webcam"),
            check_message("fonts", CheckLevel.OK, "fonts", number=15, first="Noto Sans CJK KR"),
            check_message("display", CheckLevel.WARNING, "no_display", "desktop"),
            check_of_keys("threshold", CheckLevel.OK, DERIVED.key, **DERIVED.values),
        ]
    )
    admin.system.show_versions(versions())
    admin.system.show_settings(setting_rows(default_config()))
    studio.shoot("system", "admin")


def shoot_settings(studio: Studio) -> None:
    """Draw two sections of the settings, one with a change that needs a second administrator."""
    admin = studio.admin
    admin.page("settings")
    admin.settings.reset()
    admin.settings.show_view(
        SettingsView(
            settings_of(default_config()),
            frozenset({"door.reject_s"}),
            True,
            "/var/lib/munjigi/config.toml",
        )
    )
    admin.settings.show_all(True)
    press(studio.window, "settingsSection.door")
    studio.shoot("settings", "admin")
    press(studio.window, "settingsSection.recognition")
    press(studio.window, "set.recognition.marginLess")
    studio.shoot("settings-changed", "admin")
    admin.settings.reset()


def shoot_notifications(studio: Studio) -> None:
    """Draw the channels of notifications."""
    admin = studio.admin
    admin.page("notifications")
    admin.notifications.show_states(CHANNEL_STATES, two_admins=False)
    studio.shoot("notifications", "admin")
