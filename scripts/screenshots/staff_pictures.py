"""All pictures behind a sign-in, in the order in which they are drawn."""

from __future__ import annotations

from kiosk.core.people import Account, AccountRole
from scripts.screenshots.enrolment_pictures import shoot_enrolment
from scripts.screenshots.invented import NOW
from scripts.screenshots.people_pictures import shoot_import, shoot_people, shoot_re_enrolment
from scripts.screenshots.record_pictures import (
    shoot_actions,
    shoot_attendance,
    shoot_log,
    shoot_privacy,
    shoot_statistics,
    shoot_trouble,
)
from scripts.screenshots.rule_pictures import shoot_analysis, shoot_door_page, shoot_rules
from scripts.screenshots.studio import Studio
from scripts.screenshots.system_pictures import (
    shoot_accounts,
    shoot_delivery,
    shoot_notifications,
    shoot_settings,
    shoot_system,
)


def shoot_staff(studio: Studio) -> None:
    """Draw the screens behind a sign-in."""
    studio.admin.set_account(Account("관리자", AccountRole.ADMIN, id=1, created_at=NOW))
    for shoot in (
        shoot_people,
        shoot_re_enrolment,
        shoot_import,
        shoot_log,
        shoot_door_page,
        shoot_actions,
        shoot_privacy,
        shoot_trouble,
        shoot_rules,
        shoot_analysis,
        shoot_enrolment,
        shoot_accounts,
        shoot_settings,
        shoot_statistics,
        shoot_notifications,
        shoot_attendance,
        shoot_delivery,
        shoot_system,
    ):
        shoot(studio)
