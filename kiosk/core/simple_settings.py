"""The settings that a site usually changes; the Settings screen shows these first."""

from __future__ import annotations

SIMPLE = frozenset(
    {
        "camera.source",
        "camera.turned",
        "recognition.max_false_accepts",
        "liveness.enabled",
        "liveness.challenge",
        "door.name",
        "door.lock",
        "door.open_s",
        "door.held_open_s",
        "door.pin_for",
        "enrolment.semester_ends",
        "enrolment.expiry_notice_days",
        "ui.language",
        "ui.theme",
        "ui.sound",
        "ui.speech",
        "ui.text_scale",
        "ui.idle_s",
        "ui.sign_out_s",
        "ui.on_screen_keyboard",
        "ui.contact_name",
        "ui.contact_phone",
        "security.two_admins",
        "privacy.controller",
        "privacy.contact",
        "privacy.keep_log_days",
        "backup.every_hours",
        "backup.keep",
        "backup.folder",
        "exports.download",
        "cards.camera",
        "cards.reader",
        "notify.site",
        "notify.names",
        "notify_webhook.url",
        "notify_email.host",
        "notify_email.recipients",
    }
)
"""Keys; the rest are for those who know what they do."""
