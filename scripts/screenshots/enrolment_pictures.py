"""Pictures of the steps of an enrolment."""

from __future__ import annotations

from dataclasses import replace

from kiosk.app.bootstrap.screen_image import to_bgra
from kiosk.core.consent import ConsentKind
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.people import CredentialMode
from kiosk.core.view_models import Coach, EnrolStep, EnrolView, Pose
from kiosk.demo.director import POSES
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_person
from scripts.screenshots.invented import THRESHOLD, people
from scripts.screenshots.studio import Studio, press


def shoot_enrolment(studio: Studio) -> None:
    """Draw the steps of an enrolment."""
    enrol = studio.admin.enrol
    studio.admin.page("enrol")
    enrol.reset()
    studio.shoot("enrol-who", "admin")
    studio.shoot_keyboard("enrol-keyboard", "admin", enrol.who.name.edit)
    draft = replace(people()[1], id=None)
    enrol.begin_with(draft)
    press(studio.window, "enrolNext")
    studio.shoot("enrol-hand-over", "admin")
    studio.hand_over.begin(draft, "관리자")
    studio.shoot("enrol-consent", "hand_over")
    enrol.decided(ConsentChoice(frozenset(ConsentKind), "ko", CredentialMode.FACE))
    enrol.preview.set_frame(studio.frame)
    enrol.show_view(
        EnrolView(
            EnrolStep.CAPTURE,
            Coach.TURN_RIGHT,
            Pose.RIGHT,
            (Pose.FRONT, Pose.LEFT),
            0.5,
            studio.face,
            person=draft,
        )
    )
    studio.shoot("enrol-poses", "admin")
    for count, pose in enumerate(Pose, start=1):
        yaw, pitch = POSES[pose.value]
        enrol.preview.set_frame(to_bgra(draw_person(CAST[1].looks, yaw=yaw, pitch=pitch)))
        for captured in (tuple(Pose)[: count - 1], tuple(Pose)[:count]):
            enrol.show_view(
                EnrolView(
                    EnrolStep.CAPTURE, Coach.GOOD, None, captured, face=studio.face, person=draft
                )
            )
    enrol.show_view(
        EnrolView(
            EnrolStep.CONFIRM,
            Coach.GOOD,
            None,
            tuple(Pose),
            1.0,
            known_as=((people()[0], 0.71),),
            self_distance=0.31,
            threshold=THRESHOLD,
            person=draft,
        )
    )
    studio.shoot("enrol-check", "admin")
    enrol.reset()
