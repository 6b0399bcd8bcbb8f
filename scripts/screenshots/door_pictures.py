"""Pictures of the door, its keypads and the first start."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtTest import QTest

from kiosk.core.decisions import Outcome, Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.masking import masked, masked_number
from kiosk.core.orientation import Orientation
from kiosk.core.view_models import (
    CameraChoice,
    CameraSetupView,
    ChallengeView,
    DoorView,
    LookStep,
    LookView,
    SetupStep,
    Turn,
)
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.ui.screens.system.wizard_screen import STEPS
from scripts.screenshots.invented import NOW, decision
from scripts.screenshots.studio import LANDSCAPE, WORDS_STAY_MS, Studio


def door_views() -> dict[str, DoorView]:
    """Return every state of the door, by the name of its picture."""
    history = tuple((5 - i / 6, 1.1 - 0.7 * min(1.0, i / 18) + 0.03 * (i % 3)) for i in range(30))
    live = DoorView(
        state=DoorState.VERIFYING, distance=0.42, runner_up=0.97, history=history, votes=3
    )
    accept = decision(Outcome.ACCEPT, Reason.MATCH, 0)
    return {
        "door-verifying": live,
        "door-approach": DoorView(state=DoorState.APPROACH, hint=Hint.COME_CLOSER),
        "door-challenge": replace(
            live,
            state=DoorState.CHALLENGE,
            votes=4,
            challenge=ChallengeView(Turn.LEFT, 1, 2, 0.4, 2.6, 3.5),
        ),
        "door-accepted": replace(
            live,
            state=DoorState.ACCEPTED,
            decision=accept,
            masked_name=masked(accept.person_name),
            remaining=2.6,
            duration=4.0,
            votes=4,
        ),
        "door-look": replace(
            live,
            state=DoorState.ACCEPTED,
            decision=accept,
            masked_name=masked(accept.person_name),
            remaining=2.0,
            duration=4.0,
            votes=4,
            look=LookView(LookStep.ASK, 8.0, 10.0, 5),
        ),
        "door-rejected": replace(
            live,
            state=DoorState.REJECTED,
            decision=decision(Outcome.REJECT, Reason.UNKNOWN, None),
            distance=1.05,
            runner_up=1.2,
            remaining=2.0,
            duration=3.0,
            votes=0,
        ),
        "door-locked-out": DoorView(state=DoorState.LOCKED_OUT, remaining=23.0, duration=30.0),
        "door-camera-lost": DoorView(state=DoorState.CAMERA_LOST, camera_ok=False),
        "door-out-of-service": DoorView(
            state=DoorState.OUT_OF_SERVICE, service_key="error.storage"
        ),
    }


def shoot_door(studio: Studio) -> None:
    """Draw the public screens and the first start."""
    QTest.qWait(WORDS_STAY_MS)
    studio.show_door(DoorView(), face=False)
    studio.shoot("door-idle", "door")
    for name, view in door_views().items():
        QTest.qWait(WORDS_STAY_MS)
        studio.show_door(view, face=view.camera_ok)
        studio.shoot(name, "door")
    studio.idle.set_now(NOW)
    studio.shoot("idle", "idle")
    shoot_keypads(studio)
    shoot_first_start(studio)
    studio.shoot("sign-in", "sign_in")


def shoot_keypads(studio: Studio) -> None:
    """Draw the keypads for the student number and the PIN."""
    studio.shoot("number", "number")
    studio.pin.ask(masked_number(CAST[0].number))
    studio.shoot("pin", "pin")
    studio.window.go("number")
    studio.number.entry.keypad.show_letters(True)
    studio.shoot_as_it_is("number-letters", LANDSCAPE)


def shoot_first_start(studio: Studio) -> None:
    """Draw some steps of the first start."""
    studio.wizard.go(0)
    studio.shoot("wizard", "wizard")
    studio.wizard.go(1)
    studio.shoot("wizard-admin", "wizard")
    studio.wizard.show_created(set_up_camera=True)
    studio.wizard.go(STEPS.index("camera"))
    studio.wizard.camera.set_frame(studio.frame)
    studio.wizard.camera.show_cameras(
        [
            CameraChoice("auto", "", True),
            CameraChoice("/dev/v4l/by-id/usb-046d_HD_Webcam-video-index0", "HD Webcam"),
            CameraChoice("/dev/v4l/by-id/usb-046d_BRIO-video-index0", "Logitech BRIO"),
        ]
    )
    studio.wizard.camera.show_view(CameraSetupView(SetupStep.LEFT, 0.5, True, Orientation()))
    studio.shoot("wizard-camera", "wizard")
