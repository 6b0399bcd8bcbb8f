"""The test of a card reader: what it types, and the settings with which its cards are read."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent

from kiosk.core.config import CardsConfig
from kiosk.core.reader_pattern import ReaderPattern, ReaderVerdict, proposal
from kiosk.ui.i18n import tr
from kiosk.ui.reader_trial import ReaderTrial
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import flow
from kiosk.ui.widgets.key_value_list import KeyValueList
from kiosk.ui.widgets.labels import Label

_TONES = {
    ReaderVerdict.READ: "accept",
    ReaderVerdict.NOT_YET: "wait",
    ReaderVerdict.TOO_SHORT: "reject",
    ReaderVerdict.TOO_SLOW: "reject",
}


class ReaderTestCard(Card):
    """While the test runs, keys reach nothing else. It ends when the page is left.

    ``chosen`` carries the proposed settings, as typed texts by key.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        self.title = Label("reader_test.title", size=SIZES[2], bold=True)
        self.note = Label("reader_test.note", size=SIZES[0], quiet=True, wrap=True)
        self.toggle = Button("reader_test.start", icon="key", name="readerTestToggle")
        self.verdict = Label("", bold=True, wrap=True, name="readerTestVerdict")
        self.facts = KeyValueList("readerTestFacts")
        self.changes = Label("", size=SIZES[0], wrap=True, name="readerTestChanges")
        self.use = Button("reader_test.use", "primary", "check", name="readerTestUse")
        super().__init__(
            self.title,
            self.note,
            flow(self.toggle, self.use),
            self.verdict,
            self.changes,
            self.facts,
            name="readerTest",
            gap=1.5,
        )
        self._cards = CardsConfig()
        self._seen: list[ReaderPattern] = []
        self._running = False
        self.trial = ReaderTrial()
        self.trial.typed.connect(self._typed)
        self.trial.cancelled.connect(self.stop)
        self.toggle.clicked.connect(self._toggle)
        self.use.clicked.connect(self._use)
        self._show()

    def set_cards(self, cards: CardsConfig) -> None:
        """Judge by the settings ``cards`` from now on."""
        self._cards = cards
        self._show()

    def stop(self) -> None:
        """End the test, and forget the codes."""
        self._run(False)
        self._seen.clear()
        self._show()

    def show_error(self, key: str, **values: object) -> None:
        """Show why the settings were not changed."""
        self.verdict.set_tone("reject")
        self.verdict.set_key(key, **values)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._running or self._seen:
            self.stop()

    def _toggle(self) -> None:
        if self._running:
            self.stop()
        else:
            self._seen.clear()
            self._run(True)
            self._show()

    def _run(self, on: bool) -> None:
        self._running = on
        self.trial.watch(on)

    def _typed(self, pattern: ReaderPattern) -> None:
        self._seen.append(pattern)
        self._show()

    def _use(self) -> None:
        self.chosen.emit(proposal(self._seen, self._cards))

    def _show(self) -> None:
        self.toggle.set_key("reader_test.stop" if self._running else "reader_test.start")
        changes = proposal(self._seen, self._cards)
        self.use.setVisible(bool(changes))
        self.changes.setVisible(bool(changes))
        self.changes.set_text(_settings(changes))
        if not self._seen:
            self.verdict.set_tone("text")
            self.verdict.set_key("reader_test.waiting" if self._running else "")
            self.facts.show_facts([])
        else:
            last = self._seen[-1]
            verdict = last.verdict(self._cards)
            self.verdict.set_tone(_TONES[verdict])
            self.verdict.set_key(f"reader_test.verdict.{verdict.value}")
            self.facts.show_facts(_facts(last))
        self.verdict.setVisible(bool(self._seen) or self._running)
        self.facts.setVisible(bool(self._seen))


def _settings(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in changes.items())


def _facts(pattern: ReaderPattern) -> list[tuple[str, str]]:
    ends = [tr(f"reader_test.end.{end}") for end in pattern.ends] or [tr("reader_test.end.none")]
    facts = [("reader_test.code", _plain(pattern.code))]
    if pattern.typed != pattern.code:
        facts.append(("reader_test.typed", _plain(pattern.typed)))
    facts.append(("reader_test.length", str(len(pattern.typed))))
    if pattern.gaps_ms:
        slowest = max(pattern.gaps_ms)
        facts.append(("reader_test.gap", f"{pattern.gap_ms:.0f} ms (≤ {slowest:.0f} ms)"))
    return [*facts, ("reader_test.ends", " + ".join(ends))]


def _plain(text: str) -> str:
    """Return ``text`` as a value that is no message key."""
    return f" {text}" if text.startswith("=") else text
