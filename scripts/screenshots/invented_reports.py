"""Invented imports, statistics and analyses that the pictures show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from kiosk.app.bootstrap.calibrator import derive
from kiosk.core import paths
from kiosk.core.decisions import Mode, Reason
from kiosk.core.import_plan import ImportPlan, PlannedRow, RowError, RowState
from kiosk.core.statistics import EntryCounts, RuntimeStats, StageTiming
from kiosk.core.templates import Template
from kiosk.core.threshold_analysis import (
    AnalysisView,
    ChoicePreview,
    ReplayDiff,
    ReplayOutcome,
    ReplayReport,
)
from kiosk.core.thresholds import Choice
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.services.attendance_service import AttendanceLine
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.recognition.distance_samples import of_reference
from kiosk.vision.recognition.reference_distances import reference_of
from scripts.screenshots.invented import NOW, people


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


def attendance() -> tuple[AttendanceLine, ...]:
    """Return some days of two people, one with a leaving that is not known."""
    first, second = people()[:2]
    return (
        AttendanceLine("2026-03-02", first.number, first.name, "09:02", "18:31", 8.48, 2),
        AttendanceLine("2026-03-02", second.number, second.name, "10:40", "01:12 +1", 13.5, 2),
        AttendanceLine("2026-03-01", first.number, first.name, "08:55", "–", None, 2),
        AttendanceLine("2026-03-01", second.number, second.name, "11:20", "19:05", 7.75, 1),
    )


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
