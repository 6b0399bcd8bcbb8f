"""Draw every screen in both languages into a folder: ``screenshots.py docs/screenshots``.

``--size 800x480 --text 1.5`` draws them for another display and text size.

The screens are the real ones with invented view models and drawn people; no camera and no network
is used.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import cv2
import numpy as np
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QScrollArea

from kiosk import __version__
from kiosk.access.policy.policy_document import plan_users, rules_in
from kiosk.app.bootstrap.calibrator import derive
from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.bootstrap.screen_image import to_bgra
from kiosk.app.doctor.check_messages import check_message, check_of_keys, ok
from kiosk.app.doctor.machine_checks import versions
from kiosk.core import paths
from kiosk.core.access_rules import RulesView
from kiosk.core.config import Config
from kiosk.core.consent import ConsentKind
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.decisions import Decision, LogEntry, Mode, Outcome, Reason
from kiosk.core.door_state import DoorState, Hint
from kiosk.core.errors import KioskError
from kiosk.core.frames import BGRImage, Face
from kiosk.core.import_plan import ImportPlan, PlannedRow, RowError, RowState
from kiosk.core.languages import language_codes
from kiosk.core.masking import masked, masked_number
from kiosk.core.orientation import Orientation
from kiosk.core.people import Account, AccountRole, CredentialMode, Person
from kiosk.core.reports import Action, BackupInfo, LogCheck, RetentionState
from kiosk.core.settings import SettingsView, setting_rows, settings_of
from kiosk.core.site_events import ChannelState
from kiosk.core.statistics import EntryCounts, RuntimeStats, StageTiming
from kiosk.core.sticks import HandOut, Parcel, Stick
from kiosk.core.templates import Template
from kiosk.core.threshold_analysis import (
    AnalysisView,
    ChoicePreview,
    ReplayDiff,
    ReplayOutcome,
    ReplayReport,
)
from kiosk.core.thresholds import Calibration, Choice
from kiosk.core.view_models import (
    AccountsPage,
    ActionsPage,
    CameraChoice,
    CameraSetupView,
    ChallengeView,
    CheckLevel,
    Coach,
    DoorFacts,
    DoorView,
    EnrolStep,
    EnrolView,
    LogPage,
    LookStep,
    LookView,
    PeoplePage,
    Pose,
    PrivacyView,
    ReEnrolment,
    SetupStep,
    Turn,
)
from kiosk.demo.director import POSES
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.demo.synthetic_faces.draw_person import draw_corridor, draw_person
from kiosk.services.attendance_service import AttendanceLine
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.idle_screen import IdleScreen
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.screens.system.admin_screen import AdminScreen
from kiosk.ui.screens.system.recovery_screen import RecoveryScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import STEPS, WizardScreen
from kiosk.ui.theme import theme
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.distance_samples import of_reference
from kiosk.vision.recognition.reference_distances import reference_of

SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2026, 3, 2, 9, 41, tzinfo=SEOUL)
LANDSCAPE = (1280, 800)
PORTRAIT = (1080, 1920)
THRESHOLD = 0.8
FAR = 1.6
WORDS_STAY_MS = 1100
"""The door shows a message for at least a second."""


class Studio:
    """The window with all screens, and a drawn person in front of the camera."""

    def __init__(self, folder: Path, size: tuple[int, int] | None = None) -> None:
        self.size = size
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.keyboard = False
        self.window = MainWindow(windowed=True, keyboard=lambda: self.keyboard)
        lab = Config().door.name
        self.door = DoorScreen(lab)
        self.idle = IdleScreen(lab)
        self.number = NumberScreen()
        self.wizard = WizardScreen()
        self.sign_in = SignInScreen()
        self.admin = AdminScreen()
        self.pin = PinScreen()
        self.hand_over = HandOverScreen()
        self.trouble = RecoveryScreen()
        for name, screen in (
            ("door", self.door),
            ("idle", self.idle),
            ("number", self.number),
            ("pin", self.pin),
            ("wizard", self.wizard),
            ("sign_in", self.sign_in),
            ("admin", self.admin),
            ("hand_over", self.hand_over),
            ("trouble", self.trouble),
        ):
            self.window.add_screen(name, screen)
        theme().reduced_motion = True
        picture = draw_person(CAST[1].looks, noise_seed=1)
        self.face = self.face_in(picture)
        self.frame, self.empty = (
            to_bgra(
                np.asarray(cv2.medianBlur(image, 5), np.uint8)
            )  # its noise would make files three times as large
            for image in (picture, draw_corridor(noise_seed=1))
        )

    def face_in(self, picture: BGRImage) -> Face:
        """Return the face in ``picture``: (height, width, 3) uint8."""
        return load_mtcnn(Manifest.load(paths.MANIFEST), min_face_size=60).detect(picture)[0]

    def shoot(self, name: str, screen: str, size: tuple[int, int] = LANDSCAPE) -> None:
        """Show ``screen`` and save its picture in the language in use."""
        self.window.go(screen)
        self.window.show()
        self.shoot_as_it_is(name, size)

    def shoot_keyboard(
        self, name: str, screen: str, line: QLineEdit, size: tuple[int, int] = LANDSCAPE
    ) -> None:
        """Like ``shoot``, with the on-screen keyboard writing into ``line``."""
        self.keyboard = True
        self.window.go(screen)
        self.window.show()
        self.window.activateWindow()
        line.setFocus()
        QTest.qWait(200)  # it comes when no finger is down any more
        self.shoot_as_it_is(name, size)
        self.keyboard = False
        line.clearFocus()
        QTest.qWait(200)

    def shoot_as_it_is(self, name: str, size: tuple[int, int]) -> None:
        """Save a picture of the window."""
        self.window.resize(*(self.size or size))
        for _ in range(6):
            QApplication.processEvents()
        self.window.grab().save(str(self.folder / f"{name}-{language().code}.png"), "PNG", 0)

    def show_door(self, view: DoorView, face: bool = True) -> None:
        """Give the door a picture and ``view``."""
        self.door.set_now(NOW)
        self.door.set_frame(self.frame if face else self.empty)
        self.door.show_view(
            replace(
                view,
                face=self.face if face else None,
                frame_size=(640, 480),
                threshold=THRESHOLD,
                far=FAR,
                people_enrolled=24,
                embedder_title="Siamese network",
                frames_per_s=29.6,
                latency_ms=31.0,
                camera_title="Webcam",
            )
        )


def decision(outcome: Outcome, reason: Reason, who: int | None, minutes: int = 0) -> Decision:
    """Return an invented decision."""
    actor = CAST[who] if who is not None else None
    return Decision(
        NOW - timedelta(minutes=minutes),
        outcome,
        reason,
        Mode.IDENTIFY,
        THRESHOLD,
        "siamese",
        person_id=who,
        person_name=actor.name if actor else "",
        person_number=actor.number if actor else "",
        distance=0.42 + 0.03 * (minutes % 7) + (0.6 if actor is None else 0),
        runner_up=1.17,
        frames=6,
        votes=5,
        quality=0.97,
    )


def door_views() -> dict[str, DoorView]:
    """Draw every state of the door."""
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
    """Draw the public screens."""
    QTest.qWait(WORDS_STAY_MS)
    studio.show_door(DoorView(), face=False)
    studio.shoot("door-idle", "door")
    for name, view in door_views().items():
        QTest.qWait(WORDS_STAY_MS)
        studio.show_door(view, face=view.camera_ok)
        studio.shoot(name, "door")
    studio.idle.set_now(NOW)
    studio.shoot("idle", "idle")
    studio.shoot("number", "number")
    studio.pin.ask(masked_number(CAST[0].number))
    studio.shoot("pin", "pin")
    studio.window.go("number")
    studio.number.entry.keypad.show_letters(True)
    studio.shoot_as_it_is("number-letters", LANDSCAPE)
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
    studio.shoot("sign-in", "sign_in")


def people() -> tuple[Person, ...]:
    """Return the cast as enrolled people."""
    return tuple(
        Person(
            a.number,
            a.name,
            templates=5,
            id=i,
            valid_until=NOW.date() + timedelta(days=20000),
            consented_at=NOW,
            created_at=NOW,
        )
        for i, a in enumerate(CAST)
    )


def shoot_staff(studio: Studio) -> None:
    """Draw the screens behind a sign-in."""
    admin = studio.admin
    admin.set_account(Account("관리자", AccountRole.ADMIN, id=1, created_at=NOW))
    admin.page("people")
    admin.people.show_page(
        PeoplePage(tuple(sorted(people(), key=lambda person: person.name)), len(CAST))
    )
    studio.shoot("people", "admin")
    shoot_re_enrolment(studio)
    shoot_import(studio)
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
    shoot_keeping(studio)
    shoot_rules(studio)
    shoot_analysis(studio)
    shoot_enrolment(studio)
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
    shoot_settings(studio)
    shoot_statistics(studio)
    shoot_notifications(studio)
    admin.page("delivery")
    export = HandOut("access-log-20260302-094100.csv", content=b"x" * 250_000)
    admin.delivery.show_parcel(Parcel(export.name, (export,)))
    admin.delivery.stick.show_sticks(
        [Stick("sdb1", "LAB", place=Path("/run"), size=16_000_000_000, free=12_300_000_000)]
    )
    studio.shoot("delivery", "admin")
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


def import_plan() -> ImportPlan:
    """Return a plan with every kind of row."""
    made = [
        PlannedRow(
            i + 2, a.number, a.name, RowState.NEW, photographs=(Path("1.jpg"),) * (3 - i % 3)
        )
        for i, a in enumerate(CAST)
    ]
    made[1] = replace(
        made[1], state=RowState.UNCHANGED, photographs=(), note="import.note.face_kept"
    )
    made[2] = replace(
        made[2], state=RowState.CHANGED, photographs=(), fields=("valid_until", "groups")
    )
    made[4] = made[4].with_error(
        RowError(6, "valid_until", "import.error.date", {"text": "2026-02-30"})
    )
    made[6] = made[6].with_error(RowError(8, "consent", "import.error.photo_consent"))
    return ImportPlan("people-2026-spring.csv", tuple(made), ("IMG_2041.jpg",))


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


def entries() -> EntryCounts:
    """Return a month of entries of a laboratory's door."""
    busy = (0, 0, 0, 0, 0, 1, 4, 18, 96, 152, 74, 51, 88, 92, 61, 58, 47, 63, 71, 32, 14, 8, 5, 2)
    days = tuple(
        (
            NOW.date() - timedelta(days=29 - n),
            (0, 1) if n % 7 in (4, 5) else (38 + 11 * (n % 5), 3 + n % 4),
        )
        for n in range(30)
    )
    return EntryCounts(
        days[0][0],
        NOW.date(),
        tuple((n, n // 14) for n in busy),
        days,
        (
            ("unknown", 61),
            ("out_of_schedule", 14),
            ("track_lost", 9),
            ("expired", 4),
            ("wrong_pin", 2),
        ),
        (("door_held_open", 3),),
    )


def pulse() -> RuntimeStats:
    """Return figures of a camera and networks without problems."""
    stages = (
        StageTiming("look", 60_000, 0.0061, 0.01),
        StageTiming("look_and_compare", 2400, 0.0172, 0.025),
        StageTiming("decide", 62_400, 0.0004, 0.001),
        StageTiming("frame_to_view", 62_400, 0.021, 0.05),
    )
    return RuntimeStats(
        "Webcam",
        True,
        14.8,
        21.0,
        stages,
        {"preview": 12, "inference": 29_410, "screen": 3},
        {"camera": 1},
    )


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


CHANNEL_STATES = (
    ChannelState("webhook", True, sent=17, last_sent=NOW - timedelta(minutes=9)),
    ChannelState(
        "email",
        True,
        waiting=3,
        sent=41,
        last_sent=NOW - timedelta(hours=2),
        last_error=KioskError("", key="error.delivery_unreachable", host="mail.lab"),
        last_error_at=NOW - timedelta(minutes=1),
    ),
    ChannelState("messenger"),
    ChannelState("mqtt", True, sent=230, last_sent=NOW - timedelta(minutes=1)),
)
"""Three channels in use, one of which cannot send."""


def attendance() -> tuple[AttendanceLine, ...]:
    """Return some days of two people, one with a leaving that is not known."""
    first, second = people()[:2]
    return (
        AttendanceLine("2026-03-02", first.number, first.name, "09:02", "18:31", 8.48, 2),
        AttendanceLine("2026-03-02", second.number, second.name, "10:40", "01:12 +1", 13.5, 2),
        AttendanceLine("2026-03-01", first.number, first.name, "08:55", "–", None, 2),
        AttendanceLine("2026-03-01", second.number, second.name, "11:20", "19:05", 7.75, 1),
    )


def shoot_notifications(studio: Studio) -> None:
    """Draw the pages of notifications and of attendance."""
    admin = studio.admin
    admin.page("notifications")
    admin.notifications.show_states(CHANNEL_STATES, two_admins=False)
    studio.shoot("notifications", "admin")
    admin.page("attendance")
    admin.attendance.set_leaving(True)
    admin.attendance.show_rows(4, attendance())
    studio.shoot("attendance", "admin")


def shoot_keeping(studio: Studio) -> None:
    """Draw the actions of staff, the Privacy page, and a database that cannot be opened."""
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
    studio.trouble.show_trouble("error.storage_damaged")
    studio.trouble.show_offer(NOW.replace(hour=3, minute=0), 24, 18_102)
    studio.shoot("trouble", "trouble")


DERIVED = Calibration(
    0.177,
    1e-4,
    Mode.IDENTIFY,
    3,
    15,
    3.3e-5,
    2.1e-5,
    1e-6,
    9.7e-5,
    7.3e-3,
    1225,
    False,
    "reference",
)
"""The kiosk's statement about its threshold with three people enrolled."""


def shoot_rules(studio: Studio) -> None:
    """Shoot the week of a schedule, with the example of docs/policy.md."""
    page = (paths.ASSETS.parent / "docs" / "policy.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    admin = studio.admin
    admin.page("rules")
    admin.rules.show_view(RulesView(rules_in(example), plan_users=plan_users(example)))
    admin.rules.open_tab("plans")
    studio.shoot("rules", "admin")


def analysis() -> tuple[AnalysisView, ChoicePreview]:
    """Return invented people with the reference of the shipped network, and a dragged threshold."""
    entry = Manifest.load(paths.MANIFEST).entry("siamese")
    rng = np.random.default_rng(7)
    who = np.repeat(np.arange(1, 37), 5)
    centres = rng.normal(size=(36, entry.dimension))
    vectors = centres[who - 1] / np.linalg.norm(
        centres[who - 1], axis=1, keepdims=True
    ) + 0.4 / entry.dimension**0.5 * rng.normal(size=(len(who), entry.dimension))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    templates = [
        Template(int(person), "", vector) for person, vector in zip(who, vectors, strict=True)
    ]
    known = reference_of(paths.REFERENCE, entry.identity)
    present = Choice(target=1.0)
    tried = Choice(distance=0.72)
    before, after = (
        derive(choice, 1.0, templates, known, entry.threshold) for choice in (present, tried)
    )
    view = AnalysisView(
        of_reference(paths.REFERENCE, entry.identity, entry.far),
        before,
        present,
        present,
        False,
        entry.far,
        36,
    )
    changed = tuple(
        ReplayDiff(
            200 - i,
            NOW - timedelta(hours=9 * i),
            CAST[i % 3].name,
            Mode.IDENTIFY,
            Reason.UNKNOWN,
            0.66,
            ReplayOutcome.OPENED,
        )
        for i in range(3)
    )
    return view, ChoicePreview(
        tried, after, ReplayReport(1310, 1204, 3, 0, 0, changed, NOW - timedelta(days=90)), True
    )


def shoot_analysis(studio: Studio) -> None:
    """Draw the present threshold and another one tried out, in both themes and in portrait."""
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


def press(window: MainWindow, name: str) -> None:
    """Click the button ``name`` that is shown."""
    for button in window.findChildren(QAbstractButton, name):
        if button.isVisible():
            button.click()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/screenshots"))
    parser.add_argument("--size", type=glass_size, help="of all pictures, for example 800x480")
    parser.add_argument("--text", type=float, default=1.0, help="text size, 1.0 to 2.0")
    return parser.parse_args()


def glass_size(text: str) -> tuple[int, int]:
    """Return width and height of ``800x480``."""
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> int:
    """Draw every screen in both languages, the door in the light theme too."""
    args = arguments()
    application = QApplication(["munjigi"])
    theme().default_text_scale = theme().text_scale = args.text
    studio = Studio(args.folder, args.size)
    for code in language_codes():
        language().use(code)
        shoot_door(studio)
        shoot_staff(studio)
        theme().use("light")
        studio.show_door(door_views()["door-verifying"])
        studio.shoot("door-light", "door")
        theme().use("dark")
    for code in language_codes():  # last, since a window that was tall stays so
        language().use(code)
        studio.show_door(door_views()["door-verifying"])
        studio.shoot("door-portrait", "door", PORTRAIT)
    print(f"{len(list(studio.folder.glob('*.png')))} pictures in {studio.folder}")
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main())
