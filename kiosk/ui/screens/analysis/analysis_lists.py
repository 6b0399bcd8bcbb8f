"""Lists of the analysis screen: past decisions at another threshold, and groups of people."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.core.threshold_analysis import GroupReport, ReplayDiff, ReplayOutcome, ReplayReport
from kiosk.ui.fitting import fit
from kiosk.ui.formatting import count_text, distance_text, moment_text
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.analysis.rate_text import percent_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import ElidedLabel, Label
from kiosk.ui.widgets.layouts import clear

SHOWN_CHANGES = 8


class ReplayCard(Card):
    """How many past decisions would change, and which."""

    def __init__(self) -> None:
        super().__init__(name="analysisReplay", margin=2, gap=1)
        self.title = Label("analysis.replay.title", bold=True, wrap=True)
        self.summary = Label("analysis.replay.none", wrap=True, name="analysisReplaySummary")
        self.basis = Label("", size=SIZES[0], quiet=True, wrap=True, name="analysisReplayBasis")
        self._rows = QWidget()
        self._list = QGridLayout(self._rows)
        fit(self._list, margin=0, across=2)
        for place, stretch in ((1, 2), (2, 3), (3, 2)):
            self._list.setColumnStretch(place, stretch)
        self._replay: ReplayReport | None = None
        for part in (self.title, self.summary, self.basis, self._rows):
            self.body.addWidget(part)
        language().changed.connect(self._language_changed)

    def show_waiting(self) -> None:
        """Show that the replay is running."""
        self.summary.set_tone("quiet")
        self.summary.set_key("analysis.replay.waiting")

    def show_replay(self, replay: ReplayReport | None) -> None:
        """Show what would change; ``None`` without a draft."""
        self._replay = replay
        self.basis.setVisible(replay is not None and replay.since is not None)
        self._fill(replay.changed if replay else ())
        if replay is None:
            self.summary.set_tone("quiet")
            self.summary.set_key("analysis.replay.none")
            self.basis.set_key("")
            return
        changed = replay.opened + replay.refused
        self.summary.set_tone("reject" if replay.opened else "wait" if changed else "text")
        key = (
            "analysis.replay.changed"
            if changed
            else "analysis.replay.same"
            if replay.replayed
            else "analysis.replay.no_frames"
        )
        self.summary.set_key(
            key,
            n=count_text(replay.replayed),
            changed=count_text(changed),
            opened=count_text(replay.opened),
            refused=count_text(replay.refused),
            undecided=count_text(replay.undecided),
        )
        self.basis.set_key(
            "analysis.replay.basis" if replay.since else "",
            decisions=count_text(replay.decisions),
            replayed=count_text(replay.replayed),
            since=replay.since.date().isoformat() if replay.since else "",
        )

    def _language_changed(self, _code: str) -> None:
        self._fill(self._replay.changed if self._replay else ())

    def _fill(self, changed: tuple[ReplayDiff, ...]) -> None:
        clear(self._list)
        for number, diff in enumerate(changed[:SHOWN_CHANGES]):
            for place, label in enumerate(_change_row(diff)):
                self._list.addWidget(label, number, place)
        if len(changed) > SHOWN_CHANGES:
            more = Label(
                "analysis.replay.more",
                size=SIZES[0],
                quiet=True,
                wrap=True,
                n=count_text(len(changed) - SHOWN_CHANGES),
            )
            self._list.addWidget(more, SHOWN_CHANGES, 0, 1, 5)
        self._rows.setVisible(bool(changed))


def _change_row(diff: ReplayDiff) -> tuple[Label, ...]:
    """A past decision in one line: time, person, old reason, new outcome and distance."""
    when = Label("", size=SIZES[0], quiet=True, wrap=True)
    distance = Label("", size=SIZES[0], quiet=True)
    who = fit(ElidedLabel("", size=SIZES[0], bold=True), min_width=56)
    when.set_text(moment_text(diff.at))
    who.set_text(diff.who or tr("log.unknown_person"))
    distance.set_text(distance_text(diff.distance))
    was = Label(f"log.reason.{diff.reason.value}", size=SIZES[0], quiet=True, wrap=True)
    outcome = Label(f"analysis.outcome.{diff.outcome.value}", size=SIZES[0], bold=True, wrap=True)
    outcome.set_tone("reject" if diff.outcome is ReplayOutcome.OPENED else "wait")
    return when, who, was, outcome, distance


class GroupsCard(Card):
    """The measured error rates of groups of consenting people; the headline is the worst group."""

    def __init__(self) -> None:
        super().__init__(name="analysisGroups", margin=2, gap=1)
        self._report: GroupReport | None = None
        self.headline = Label("", wrap=True, bold=True, name="analysisWorstGroup")
        self.basis = Label("", size=SIZES[0], quiet=True, wrap=True, name="analysisGroupsBasis")
        self._grid_holder = QWidget()
        self._grid = QGridLayout(self._grid_holder)
        fit(self._grid, margin=0, across=3)
        self.body.addWidget(Label("analysis.groups.title", bold=True, wrap=True))
        for part in (self.headline, self.basis, self._grid_holder):
            self.body.addWidget(part)
        language().changed.connect(self._language_changed)

    def show_report(self, report: GroupReport | None) -> None:
        """Show ``report``, or how to create one."""
        self._report = report
        clear(self._grid)
        self._grid_holder.setVisible(report is not None)
        if report is None:
            self.headline.set_key("analysis.groups.none")
            self.basis.set_key("analysis.groups.how")
            return
        far = report.worst_far
        frr = report.worst_frr
        if far is None or frr is None:
            self.headline.set_key("analysis.groups.too_few")
        else:
            self.headline.set_key(
                "analysis.groups.worst",
                far_group=far.name,
                far=percent_text(far.far),
                frr_group=frr.name,
                frr=percent_text(frr.frr),
            )
        self.basis.set_key(
            "analysis.groups.basis", threshold=f"{report.threshold:.3f}", on=report.measured_on
        )
        for place, key in enumerate(("name", "people", "far", "frr")):
            self._grid.addWidget(
                Label(f"analysis.groups.column.{key}", size=SIZES[0], quiet=True), 0, place
            )
        for number, group in enumerate(report.groups, 1):
            for place, words in enumerate(
                (
                    group.name,
                    count_text(group.people),
                    _rate(group.far, group.far_band),
                    _rate(group.frr, group.frr_band),
                )
            ):
                label = Label(
                    "",
                    size=SIZES[0],
                    bold=group in (far, frr),
                    wrap=True,
                    name=f"group.{group.name}.{place}",
                )
                label.set_text(words)
                self._grid.addWidget(label, number, place)

    def _language_changed(self, _code: str) -> None:
        self.show_report(self._report)


def _rate(rate: float | None, band: tuple[float, float] | None) -> str:
    if rate is None:
        return tr("analysis.groups.few")
    return (
        percent_text(rate)
        if band is None
        else f"{percent_text(rate)} ({percent_text(band[0])} – {percent_text(band[1])})"
    )
