"""Pictures of what the kiosk records: logs, statistics, attendance, privacy."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtWidgets import QScrollArea

from kiosk import __version__
from kiosk.core.decisions import LogEntry, Outcome, Reason
from kiosk.core.reports import Action, BackupInfo, LogCheck, RetentionState
from kiosk.core.view_models import ActionsPage, LogPage, PrivacyView
from scripts.screenshots.invented import NOW, decision
from scripts.screenshots.invented_reports import attendance, entries, pulse
from scripts.screenshots.studio import Studio, press


def shoot_log(studio: Studio) -> None:
    """Draw the access log."""
    admin = studio.admin
    admin.page("log")
    rows = [
        decision(Outcome.ACCEPT, Reason.MATCH, i % 5, 3 * i)
        if i % 4
        else decision(Outcome.REJECT, Reason.UNKNOWN, None, 3 * i)
        for i in range(24)
    ]
    admin.log.show_page(
        LogPage(tuple(LogEntry(len(rows) - i, d) for i, d in enumerate(rows)), len(rows))
    )
    studio.shoot("log", "admin")


def shoot_statistics(studio: Studio) -> None:
    """Draw a month's entries, with the figures of camera and networks below."""
    admin = studio.admin
    admin.page("statistics")
    admin.statistics.range.set_value("month")
    admin.statistics.show_entries(entries())
    admin.statistics.show_pulse(pulse())
    studio.shoot("statistics", "admin")
    for area in admin.statistics.findChildren(QScrollArea):
        area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    studio.shoot("statistics-pulse", "admin")
    for area in admin.statistics.findChildren(QScrollArea):
        area.verticalScrollBar().setValue(0)
    admin.statistics.reset()


def shoot_actions(studio: Studio) -> None:
    """Draw what staff and the kiosk itself did."""
    admin = studio.admin
    done: list[tuple[str, str, dict[str, object]]] = [
        ("backup_made", "system", {"backup": "20260302-030000-scheduled.mjb"}),
        ("person_changed", "관리자", {"fields": ["valid_until"], "name": "홍*동"}),
        ("person_enrolled", "조교", {"name": "이*", "templates": 5}),
        ("signed_in", "조교", {"role": "staff"}),
        ("door_held_open", "door", {}),
        ("threshold_changed", "system", {"from": 0.181, "to": 0.177, "people": 24}),
        ("started", "system", {"version": __version__}),
    ]
    admin.page("log")
    press(studio.window, "logWhat.actions")
    admin.log.show_actions(
        ActionsPage(
            tuple(
                Action(90 - i, NOW - timedelta(minutes=37 * i), *row) for i, row in enumerate(done)
            ),
            len(done),
        )
    )
    studio.shoot("log-actions", "admin")
    admin.log.reset()


def shoot_privacy(studio: Studio) -> None:
    """Draw the Privacy page."""
    admin = studio.admin
    admin.page("privacy")
    backups = tuple(
        BackupInfo(
            f"202603{day:02d}-030000-scheduled.mjb",
            NOW.replace(day=day, hour=3, minute=0),
            "scheduled",
            2_400_000,
            opens=True,
            recovers=True,
        )
        for day in (2, 1)
    )
    admin.privacy.show_view(
        PrivacyView(
            RetentionState(90, NOW, 1204, NOW - timedelta(days=90)),
            (("place", "/var/lib/munjigi-keys"), ("master", "7c1e")),
            backups,
            "/var/lib/munjigi/backups",
            True,
        )
    )
    admin.privacy.show_log_check(LogCheck(18_204, 512, 18_716, "9f2c61d07a1be4c3"))
    studio.shoot("privacy", "admin")


def shoot_trouble(studio: Studio) -> None:
    """Draw the offer to restore a backup, of a database that cannot be opened."""
    studio.trouble.show_trouble("error.storage_damaged")
    studio.trouble.show_offer(NOW.replace(hour=3, minute=0), 24, 18_102)
    studio.shoot("trouble", "trouble")


def shoot_attendance(studio: Studio) -> None:
    """Draw the hours of some people."""
    admin = studio.admin
    admin.page("attendance")
    admin.attendance.set_leaving(True)
    admin.attendance.show_rows(4, attendance())
    studio.shoot("attendance", "admin")
