"""The analysis screen by drags, keys and clicks: figures, drafts, and applying them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from kiosk.core.decisions import Mode, Reason
from kiosk.core.people import AccountRole
from kiosk.core.threshold_analysis import (
    AnalysisView,
    Bands,
    ChoicePreview,
    Distances,
    GroupFigures,
    GroupReport,
    ReplayDiff,
    ReplayOutcome,
    ReplayReport,
    Sample,
    Source,
)
from kiosk.core.thresholds import Calibration, Choice, Derived
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.analysis.analysis_screen import AnalysisScreen
from kiosk.ui.screens.analysis.rate_text import percent_text
from kiosk.ui.theme import TOUCH, theme
from tests.helpers.screens import click, find
from tests.ui.conftest import LOOKS, clipped

NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
FAR = 1.6


def distances(many: int = 20_000, source: Source = Source.SITE) -> Distances:
    rng = np.random.default_rng(0)
    genuine = rng.normal(0.5, 0.12, many // 10).clip(0.01)
    impostor = rng.normal(1.2, 0.12, many).clip(0.01)
    grid = np.linspace(0, FAR, 41)
    fmr = np.stack([np.clip(10 ** (8 * (grid - 1.4)) * f, 1e-15, 1) for f in (1, 0.5, 2)], axis=1)
    frr = np.stack([np.clip(1 - grid, 0, 1), np.clip(1.2 - grid, 0, 1)], axis=1)
    return Distances(
        source, Sample.of(genuine), Sample.of(impostor), 100, 4950, Bands(grid, fmr, frr)
    )


def calibration(threshold: float, target: float, mode: Mode, fixed: bool = False) -> Calibration:
    return Calibration(
        threshold,
        target / 1e4,
        mode,
        40,
        200,
        1e-5,
        1e-4,
        0,
        1e-3,
        1e-2,
        4950,
        False,
        "reference+site",
        fixed=fixed,
    )


def derived(choice: Choice) -> Derived:
    threshold = (
        choice.distance
        if choice.distance is not None
        else 0.6 + 0.1 * float(np.log10(choice.target or 1))
    )
    return Derived(
        calibration(threshold, choice.target or 1, Mode.IDENTIFY, choice.distance is not None),
        calibration(threshold + 0.1, choice.target or 1, Mode.VERIFY),
    )


def view(
    choice: Choice = Choice(target=1.0), chosen: bool = False, **changes: object
) -> AnalysisView:
    made = AnalysisView(distances(), derived(choice), choice, Choice(target=1.0), chosen, FAR, 40)
    return replace(made, **changes)


CHANGED = tuple(
    ReplayDiff(
        99 - n,
        NOW - timedelta(hours=n),
        "Wolfeschlegelsteinhausenbergerdorff Lee" if n % 2 else "홍길동",
        Mode.IDENTIFY,
        Reason.UNKNOWN,
        0.7,
        ReplayOutcome.OPENED,
    )
    for n in range(12)
)
REPLAY = ReplayReport(1310, 1204, 12, 3, 1, CHANGED, NOW - timedelta(days=90))
GROUPS = GroupReport(
    0.6,
    "2026-03-01",
    (GroupFigures("east", 24, 0.002, (0.001, 0.006), 0.08, (0.05, 0.12)), GroupFigures("west", 3)),
)


def preview(choice: Choice, lowers: bool = True, replay: ReplayReport = REPLAY) -> ChoicePreview:
    return ChoicePreview(choice, derived(choice), replay, lowers)


@pytest.fixture
def screen(shown) -> AnalysisScreen:
    made = shown(AnalysisScreen(), 1064, 800)
    made.set_role(AccountRole.ADMIN)
    made.reset()
    made.show_view(view())
    return made


def at(screen: AnalysisScreen, distance: float) -> QPoint:
    return QPointF(
        screen.chart.handle().center().x(), screen.chart.point(0.0, distance).y()
    ).toPoint()


def drag(qtbot, screen: AnalysisScreen, to: float) -> None:
    qtbot.mousePress(screen.chart, Qt.MouseButton.LeftButton, pos=at(screen, screen.threshold))
    for share in (0.25, 0.5, 0.75, 1.0):
        qtbot.mouseMove(
            screen.chart, at(screen, screen.threshold + share * (to - screen.threshold))
        )
    qtbot.mouseMove(screen.chart, at(screen, to))
    qtbot.mouseRelease(screen.chart, Qt.MouseButton.LeftButton, pos=at(screen, to))


def test_line_starts_at_the_threshold_in_force(screen):
    assert screen.threshold == 0.6 and screen.draft is None
    assert find(screen, "analysisTarget").text() == "1"
    assert find(screen, "analysisApplyNote").text() == tr("analysis.apply.from_file")
    assert not screen.bar.apply.isVisible()


def test_figures_follow_the_dragged_line(qtbot, screen):
    with qtbot.waitSignal(screen.previewRequested) as requests:
        drag(qtbot, screen, 1.0)
    assert screen.threshold == pytest.approx(1.0, abs=0.01) and requests.args == [
        Choice(distance=round(screen.threshold, 4))
    ]
    found = distances().at(screen.threshold)
    for name in ("far", "frr", "sensitivity", "specificity", "ppv", "npv", "f1", "accuracy"):
        assert find(screen, f"figure.{name}").text() == percent_text(getattr(found, name)), name
    assert find(screen, "figure.fp").text() == f"{found.fp:,}" and find(
        screen, "band.fp"
    ).text() == tr("analysis.figure.of", n="20,000")
    assert " – " in find(screen, "band.far").text() and " – " in find(screen, "band.frr").text()
    assert (
        screen.curves.roc.curve.here[1] == found.sensitivity
        and f"{found.fp:,}" in find(screen, "analysisProof").text()
    )
    assert find(screen, "analysisTarget").text() == "", "a distance fixed by hand has no target"


def test_handle_is_large_enough_everywhere(screen):
    for distance in (0.0, 0.8, FAR):
        screen.chart.set_threshold(distance)
        box = screen.chart.handle()
        assert min(box.width(), box.height()) >= TOUCH and screen.chart.rect().contains(
            box.toRect()
        )


def test_line_moves_by_keyboard(qtbot, screen):
    screen.chart.setFocus()
    for key, by in (
        (Qt.Key.Key_Up, 0.005),
        (Qt.Key.Key_Down, -0.005),
        (Qt.Key.Key_PageUp, 0.05),
        (Qt.Key.Key_PageDown, -0.05),
    ):
        before = screen.threshold
        qtbot.keyClick(screen.chart, key)
        assert screen.threshold - before == pytest.approx(by * FAR)
    with qtbot.waitSignal(screen.previewRequested):
        qtbot.keyClick(screen.chart, Qt.Key.Key_Up)
    for _ in range(40):
        qtbot.keyClick(screen.chart, Qt.Key.Key_PageDown)
    assert screen.threshold > 0, "a threshold of 0 cannot be chosen by hand"


def test_many_steps_request_one_preview(qtbot, screen):
    requests = []
    screen.previewRequested.connect(requests.append)
    for _ in range(5):
        qtbot.keyClick(screen.chart, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: bool(requests))
    assert requests == [Choice(distance=round(screen.threshold, 4))]


def test_target_is_stepped_and_typed_within_its_bounds(qtbot, screen):
    with qtbot.waitSignal(screen.previewRequested) as requests:
        click(qtbot, screen, "analysisTargetMore")
    assert requests.args == [Choice(target=2.0)] and find(screen, "analysisTarget").text() == "2"
    screen.show_preview(preview(Choice(target=2.0)))
    assert screen.threshold == pytest.approx(0.63, abs=0.001), (
        "the line goes where the target puts it"
    )
    edit = find(screen, "analysisTarget")
    for text in ("0", "1001", "x", "-5", "nan"):
        edit.clear()
        qtbot.keyClicks(edit, text)
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        assert screen.target.field.error.text() == tr(
            "error.choice_bounds_short", low="0.01", high="1,000"
        ), text
        assert screen.draft == Choice(target=2.0)
    edit.clear()
    qtbot.keyClicks(edit, "0.5")
    with qtbot.waitSignal(screen.previewRequested) as requests:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert requests.args == [Choice(target=0.5)] and not screen.target.field.error.isVisible()


def test_stepping_back_to_the_present_target_discards_the_draft(qtbot, screen):
    click(qtbot, screen, "analysisTargetMore")
    assert screen.draft == Choice(target=2.0)
    click(qtbot, screen, "analysisTargetLess")
    assert screen.draft is None and not screen.bar.apply.isVisible()


def test_applying_needs_a_preview_and_a_confirmation(qtbot, screen):
    drag(qtbot, screen, 0.9)
    assert not screen.bar.apply.isEnabled() and find(screen, "analysisApplyNote").text() == tr(
        "analysis.replay.waiting"
    )
    choice = screen.draft
    screen.show_preview(preview(choice))
    words = screen.replay.summary.text()
    assert "1,204" in words and "15" in words and "12" in words
    with qtbot.assertNotEmitted(screen.applied):
        click(qtbot, screen, "analysisApply")
    requests = find(screen, "analysisConfirmText").text()
    assert (
        "0.600" in requests
        and f"{choice.distance:.3f}" in requests
        and "12" in requests
        and "1,204" in requests
    )
    with qtbot.assertNotEmitted(screen.applied):
        click(qtbot, screen, "analysisConfirmNo")
    click(qtbot, screen, "analysisApply")
    with qtbot.waitSignal(screen.applied) as applied:
        click(qtbot, screen, "analysisConfirmYes")
    assert applied.args == [choice] and not screen.bar.apply.isEnabled()
    with qtbot.waitSignal(screen.viewRequested) as asked_view:
        screen.show_applied()
    assert asked_view.args == ["site"]
    screen.show_view(view(choice, chosen=True))
    assert screen.threshold == choice.distance and find(screen, "analysisApplyNote").text() == tr(
        "analysis.apply.done"
    )


def test_moving_the_line_dismisses_the_confirmation(qtbot, screen):
    drag(qtbot, screen, 0.9)
    old = screen.draft
    screen.show_preview(preview(old))
    click(qtbot, screen, "analysisApply")
    drag(qtbot, screen, 1.3)
    assert not screen.bar.confirm.isVisible() and not screen.bar.apply.isEnabled()
    screen.show_preview(preview(old))
    assert not screen.bar.apply.isEnabled(), "an answer to an older question"


def test_staff_may_tighten_but_not_loosen(qtbot, screen):
    screen.set_role(AccountRole.STAFF)
    drag(qtbot, screen, 0.9)
    screen.show_preview(preview(screen.draft, lowers=True))
    assert not screen.bar.apply.isEnabled() and find(screen, "analysisApplyNote").text() == tr(
        "error.lower_admin_only"
    )
    click(qtbot, screen, "analysisRevert")
    assert screen.threshold == 0.6 and screen.draft is None
    click(qtbot, screen, "analysisTargetLess")
    screen.show_preview(preview(screen.draft, lowers=False))
    assert screen.bar.apply.isEnabled()
    screen.show_preview(replace(preview(screen.draft, lowers=False), shuts_out=True))
    assert not screen.bar.apply.isEnabled()
    assert find(screen, "analysisApplyNote").text() == tr("error.choice_shuts_out")


def test_staff_do_not_fix_the_distance(qtbot, screen):
    screen.set_role(AccountRole.STAFF)
    screen.show_view(view(Choice(distance=0.9), chosen=True))
    drag(qtbot, screen, 0.5)
    screen.show_preview(preview(screen.draft, lowers=False))
    assert not screen.bar.apply.isEnabled()
    assert find(screen, "analysisApplyNote").text() == tr("error.fixed_admin_only")
    screen.set_role(AccountRole.ADMIN)
    screen.show_preview(preview(screen.draft, lowers=False))
    assert screen.bar.apply.isEnabled()


def test_a_stricter_fixed_distance_is_not_called_less_strict(screen, qtbot):
    drag(qtbot, screen, 0.4)
    screen.show_preview(replace(preview(screen.draft, lowers=True), only_fixes=True))
    assert find(screen, "analysisApplyNote").text() == tr("analysis.apply.fixes")
    click(qtbot, screen, "analysisApply")
    question = find(screen, "analysisConfirmText").text()
    assert "따라 바뀌지 않습니다" in question and "완화" not in question


def test_a_second_administrator_is_asked_for_while_two_are_needed(qtbot, screen):
    screen.show_view(view(two_admins=True))
    drag(qtbot, screen, 0.9)
    screen.show_preview(preview(screen.draft, lowers=True))
    assert screen.bar.second.isVisible()
    screen.show_preview(preview(screen.draft, lowers=False))
    assert not screen.bar.second.isVisible()


def test_draft_survives_a_refusal(qtbot, screen):
    drag(qtbot, screen, 0.9)
    screen.show_preview(preview(screen.draft))
    click(qtbot, screen, "analysisApply")
    click(qtbot, screen, "analysisConfirmYes")
    screen.show_error("error.storage")
    assert (
        find(screen, "analysisApplyNote").text() == tr("error.storage") and screen.draft is not None
    )
    screen.show_view(view())
    assert screen.threshold == pytest.approx(0.9, abs=0.01), "what is tried out stays"


def test_threshold_reverts_to_the_settings_file(qtbot, screen):
    screen.show_view(view(Choice(distance=0.9), chosen=True))
    with qtbot.waitSignal(screen.previewRequested) as requests:
        click(qtbot, screen, "analysisSettings")
    assert requests.args == [None]
    screen.show_preview(preview(Choice(target=1.0), lowers=False))
    click(qtbot, screen, "analysisApply")
    with qtbot.waitSignal(screen.applied) as applied:
        click(qtbot, screen, "analysisConfirmYes")
    assert applied.args == [None]


def test_sources_are_requested_and_the_log_has_no_error_rates(qtbot, screen):
    with qtbot.waitSignal(screen.viewRequested) as requests:
        click(qtbot, screen, "analysisSource.log")
    assert requests.args == ["log"]
    known = distances()
    screen.show_view(
        view(distances=Distances(Source.LOG, known.genuine, known.impostor, truth=False))
    )
    assert (
        not screen.figures.rows["far"][1].isVisible()
        and find(screen, "figure.accepted").text() == f"{known.at(0.6).tp:,}"
    )
    assert find(screen, "analysisFiguresNote").text() == tr("analysis.note.log")
    assert not len(screen.curves.roc.curve.x) and screen.curves.fpir_words.text() == tr(
        "analysis.curve.no_fpir"
    )


@pytest.mark.parametrize("source", list(Source))
def test_empty_source_shows_advice(screen, source):
    screen.show_view(view(distances=Distances(source, truth=source is not Source.LOG)))
    assert find(screen, "analysisEmpty").text() == tr(f"analysis.empty.{source.value}")
    screen.chart._move_to(0.9)
    assert find(screen, "analysisPromise").text()


def test_zero_errors_show_the_proven_rate(screen):
    screen.chart._move_to(0.3)
    words = find(screen, "analysisProof").text()
    assert "20,000" in words and "4,950" in words and "10,000회 중 6.1회" in words


def test_replay_lists_changed_decisions(qtbot, screen):
    drag(qtbot, screen, 0.9)
    screen.show_preview(preview(screen.draft))
    labels = [
        label.text()
        for label in screen.replay._rows.findChildren(QWidget)
        if hasattr(label, "text") and label.isVisibleTo(screen)
    ]
    assert (
        labels.count("홍길동") == 4
        and labels.count(tr("analysis.outcome.opened")) == 8
        and tr("analysis.replay.more", n="4") in labels
    )
    screen.show_preview(preview(screen.draft, replay=ReplayReport(5, 5, since=NOW)))
    assert (
        screen.replay.summary.text() == tr("analysis.replay.same", n="5")
        and not screen.replay._rows.isVisible()
    )


def test_groups_headline_is_the_worst_group(screen, qapp):
    assert screen.groups.headline.text() == tr("analysis.groups.none")
    screen.show_view(view(groups=GROUPS))
    qapp.processEvents()
    assert (
        "east" in screen.groups.headline.text()
        and percent_text(0.08) in screen.groups.headline.text()
    )
    assert find(screen, "group.west.2").text() == tr("analysis.groups.few")
    language().use("en")
    qapp.processEvents()
    assert find(screen, "group.west.2").text() == "too few"


def test_signing_in_clears_the_draft(qtbot, screen):
    drag(qtbot, screen, 0.9)
    screen.show_preview(preview(screen.draft))
    screen.reset()
    assert screen.draft is None and screen.replay.summary.text() == tr("analysis.replay.none")
    assert not screen.replay._rows.isVisible()


def test_dragging_over_100000_distances_is_fast(screen, qapp):
    screen.show_view(view(distances=distances(1_000_000)))
    qapp.processEvents()
    began = time.process_time()
    for step in range(40):
        screen.chart._move_to(0.4 + 0.02 * step)
        qapp.processEvents()
    assert (time.process_time() - began) / 40 < 0.1, "15 ms of one core"


@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)], ids=["landscape", "portrait"])
@pytest.mark.parametrize(("code", "name"), LOOKS)
def test_no_text_is_clipped_and_all_widgets_paint(qtbot, screen, qapp, size, code, name):
    language().use(code)
    theme().use(name)
    screen.resize(*size)
    screen.show_view(view(groups=GROUPS))
    drag(qtbot, screen, 0.9)
    screen.show_preview(preview(screen.draft))
    screen.bar.apply.click()
    qapp.processEvents()
    assert clipped(screen) == []
    assert all(
        area.horizontalScrollBar().maximum() == 0 for area in screen.findChildren(QScrollArea)
    ), "nothing lies beyond the edge"
    assert not screen.grab().isNull()


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (None, "–"),
        (0.0, "0.00%"),
        (1.0, "100.0%"),
        (0.99996, "99.996%"),
        (0.9999999, "99.999%"),
        (0.5, "50.0%"),
        (0.0123, "1.23%"),
        (0.000123, "0.012%"),
        (1e-7, "< 0.0001%"),
    ],
)
def test_rates_are_never_rounded_to_0_or_100_percent(rate, words):
    assert percent_text(rate) == words
