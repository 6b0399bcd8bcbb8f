"""Pictures of the People page and of an import."""

from __future__ import annotations

from datetime import timedelta

from kiosk.core.view_models import PeoplePage, ReEnrolment
from kiosk.demo.synthetic_faces.cast import CAST
from scripts.screenshots.invented import NOW, people
from scripts.screenshots.invented_reports import import_plan
from scripts.screenshots.studio import Studio, press


def shoot_people(studio: Studio) -> None:
    """Draw the list of people."""
    admin = studio.admin
    admin.page("people")
    admin.people.show_page(
        PeoplePage(tuple(sorted(people(), key=lambda person: person.name)), len(CAST))
    )
    studio.shoot("people", "admin")


def shoot_re_enrolment(studio: Studio) -> None:
    """Draw the People page after a change of network; two people to enrol again have come."""
    admin = studio.admin
    admin.page("people")
    admin.people.show_page(PeoplePage(people()[:5], 5))
    admin.people.show_re_enrolment(
        ReEnrolment(
            17,
            7,
            tuple(
                (person, NOW - timedelta(minutes=9 * n))
                for n, person in enumerate(people()[:2], start=1)
            ),
        )
    )
    studio.shoot("people-re-enrolment", "admin")
    admin.people.reset()


def shoot_import(studio: Studio) -> None:
    """Draw the preview of an import."""
    admin = studio.admin
    admin.page("import")
    admin.importing.reset()
    admin.importing.show_files(
        "/var/lib/munjigi/imports",
        [
            ("/media/usb/people-2026-spring.csv", "/media/usb/photos"),
            ("/media/usb/방문자.xlsx", ""),
        ],
    )
    press(studio.window, "importFile./media/usb/people-2026-spring.csv")
    studio.shoot("import-choose", "admin")
    admin.importing.show_plan(import_plan())
    press(studio.window, "importShow.all")
    studio.shoot("import", "admin")
    press(studio.window, "importGo")
    studio.shoot("import-errors", "admin")
    admin.importing.preview.confirm.hide()
    admin.importing.show_progress(7, 18, 2.1)
    studio.shoot("import-progress", "admin")
    admin.importing.reset()
