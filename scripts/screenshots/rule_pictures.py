"""Pictures of what decides: the lock, the access rules, the threshold."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtWidgets import QScrollArea

from kiosk.access.policy.policy_document import plan_users, rules_in
from kiosk.core import paths
from kiosk.core.access_rules import RulesView
from kiosk.core.view_models import DoorFacts
from scripts.screenshots.invented import NOW
from scripts.screenshots.invented_reports import analysis
from scripts.screenshots.studio import Studio


def shoot_door_page(studio: Studio) -> None:
    """Draw the page of the door: its lock, and what happened there."""
    admin = studio.admin
    admin.page("lock")
    admin.lock.show_facts(
        DoorFacts(
            "serial",
            way="face",
            inside=7,
            events=tuple(
                (NOW - timedelta(minutes=minutes), name)
                for minutes, name in (
                    (3, "door_closed"),
                    (4, "door_opened"),
                    (51, "door_held_open"),
                    (190, "door_normal"),
                )
            ),
        )
    )
    studio.shoot("door-page", "admin")


def shoot_rules(studio: Studio) -> None:
    """Draw the week of a schedule, with the example of docs/policy.md."""
    page = (paths.ASSETS.parent / "docs" / "policy.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    admin = studio.admin
    admin.page("rules")
    admin.rules.show_view(RulesView(rules_in(example), plan_users=plan_users(example)))
    admin.rules.open_tab("plans")
    studio.shoot("rules", "admin")


def shoot_analysis(studio: Studio) -> None:
    """Draw the present threshold, and another one tried out."""
    admin = studio.admin
    (view, preview) = analysis()
    admin.page("analysis")
    admin.analysis.reset()
    admin.analysis.source.set_value("reference")
    admin.analysis.show_view(view)
    admin.analysis.chart._move_to(0.72)
    admin.analysis.show_preview(preview)
    studio.shoot("analysis", "admin")
    for area in admin.analysis.findChildren(QScrollArea):
        area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    studio.shoot("analysis-replay", "admin")
    admin.analysis.reset()
