"""The analysis screen with its service, a database, real templates and threads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from kiosk.app.bootstrap.analysis_factory import build_analysis
from kiosk.app.bootstrap.calibrator import calibrator
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.staff.analysis_presenter import AnalysisPresenter
from kiosk.core.config import Config
from kiosk.core.decisions import Decision, Mode, Outcome, Reason
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.templates import EmbedderInfo, Match, Template
from kiosk.core.thresholds import Choice
from kiosk.ui.i18n import tr
from kiosk.ui.screens.analysis.analysis_screen import AnalysisScreen
from kiosk.vision.recognition.consensus import Consensus, VotingRule
from tests.helpers.staff_context import staff_context
from tests.unit.vision.recognition.test_threshold_calibration import crowd

INFO = EmbedderInfo("net@aaaaaaaa", "Net", 16, 0.8, 2.0)
NOW = datetime(2026, 3, 2, 9, 41, tzinfo=UTC)


class Audit:
    def __init__(self) -> None:
        self.rows = []

    def record(self, event, actor, detail) -> None:
        self.rows.append((event, actor, dict(detail)))


class Site:
    """Ten enrolled people, one accepted at 0.3 and one rejected at 0.7, and a signed-in account."""

    def __init__(self, folder: Path, screen: AnalysisScreen) -> None:
        self.storage = open_store(folder)
        self.screen = screen
        self.audit = Audit()
        self.changed = []
        self.context = staff_context(Account("관리자", AccountRole.ADMIN))
        vectors, who = crowd(10, each=5)
        for number in range(10):
            self.storage.people.add_with_templates(
                Person(f"2026-{number}", f"사람{number}"),
                [Template(0, INFO.id, v) for v in vectors[who == number]],
            )
        for distance in (0.3, 0.7):
            self.log(distance)
        self.presenter = AnalysisPresenter(screen, self.context)

    def load(self, folder: Path) -> None:
        self.presenter.service = build_analysis(
            Config(), self.storage, folder, INFO, self.audit, lambda: self.changed.append(1)
        )

    def log(self, distance: float, threshold: float = 0.5) -> None:
        consensus = Consensus(VotingRule(threshold))
        for frame in range(60):
            consensus.add(frame / 10, Match(1, distance, 2, distance + 0.4))
            verdict = consensus.verdict(frame / 10)
            if verdict:
                break
        accepted = verdict.reason is Reason.MATCH
        self.storage.access_log.append(
            Decision(
                NOW,
                Outcome.ACCEPT if accepted else Outcome.REJECT,
                verdict.reason,
                Mode.IDENTIFY,
                threshold,
                INFO.id,
                1 if accepted else None,
                "사람0" if accepted else "",
                "",
                verdict.distance,
                trace=verdict.trace,
            )
        )


@pytest.fixture
def site(shown, tmp_path: Path) -> Iterator[Site]:
    screen = shown(AnalysisScreen(), 1064, 800)
    screen.set_role(AccountRole.ADMIN)
    made = Site(tmp_path, screen)
    made.load(tmp_path)
    yield made
    made.presenter.stop()
    made.storage.close()


def test_applied_threshold_reaches_the_door(qtbot, site):
    screen = site.screen
    screen.opened()
    qtbot.waitUntil(lambda: screen._view is not None)
    assert screen._view.distances.people == 10 and screen._view.gallery == 10
    screen.chart._move_to(0.75)
    screen.chart.settled.emit(0.75)
    qtbot.waitUntil(lambda: screen._preview is not None)
    replay = screen._preview.replay
    assert (replay.replayed, replay.opened, replay.refused) == (2, 1, 0) and replay.changed[
        0
    ].who == "사람0"
    qtbot.mouseClick(screen.bar.apply, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(screen.bar.confirm.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: screen.draft is None and screen._view.chosen)
    assert site.storage.choice.get() == Choice(distance=0.75) and site.changed == [1]
    assert (
        site.audit.rows[0][:2] == ("threshold.changed", "관리자")
        and site.audit.rows[0][2]["opened"] == 1
    )
    derived = calibrator(
        Config().recognition, INFO.id, INFO.threshold, chosen=site.storage.choice.get
    )(site.storage.people.templates(INFO.id))
    assert derived.identify.threshold == derived.verify.threshold == 0.75


def test_refused_change_is_shown_and_changes_nothing(qtbot, site):
    site.screen.opened()
    qtbot.waitUntil(lambda: site.screen._view is not None)
    site.screen.chart._move_to(0.75)
    site.screen.chart.settled.emit(0.75)
    qtbot.waitUntil(lambda: site.screen._preview is not None)
    site.context.session.account = Account(
        "조교", AccountRole.STAFF
    )  # the services refuse what a screen forgot to hide
    qtbot.mouseClick(site.screen.bar.apply, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(site.screen.bar.confirm.yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: site.screen.bar.note.text() == tr("error.lower_admin_only"))
    assert site.storage.choice.get() is None and site.changed == [] and site.audit.rows == []


def test_page_reports_a_network_that_is_not_loaded(qtbot, shown, tmp_path):
    screen = shown(AnalysisScreen(), 1064, 800)
    site = Site(tmp_path, screen)
    screen.opened()
    assert screen.error.text() == tr("error.engine_loading")
    site.presenter.stop()
    site.storage.close()
