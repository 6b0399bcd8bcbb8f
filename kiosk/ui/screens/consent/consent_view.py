"""The texts of the consents in a language of their own, each with its own checkbox."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.consent import ConsentKind, ConsentTerms
from kiosk.core.consent_texts import ConsentPart, ConsentText, SiteTexts
from kiosk.core.languages import language_codes
from kiosk.ui.consent_text import consent_texts
from kiosk.ui.i18n import language, tr_in
from kiosk.ui.screens.consent.signature_pad import SignaturePad
from kiosk.ui.screens.consent.tick_line import TickLine
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.appearance_switches import TextSizeSwitch
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.forms.segmented_control import SegmentedControl
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import clear, column, row


class ConsentView(QWidget):
    """A card for each consent, with its text and a checkbox that nothing ticks beforehand.

    There is no button that agrees to everything: the law wants each decision apart. The switches
    for language and larger text are the person's own; the staff may read another language. Named
    ``<name>Text``; the checkboxes are ``<name>.<kind>``, the switches ``<name>Language`` and
    ``<name>Larger``.
    """

    changed = Signal()
    """A checkbox was ticked or cleared."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(f"{name}Text")
        self._name = name
        self._person = ""
        self._face = True
        self._terms = ConsentTerms()
        self._site: SiteTexts | None = None
        self._ticks: dict[ConsentKind, TickLine] = {}
        self.switch = SegmentedControl(
            f"{name}Language",
            [(code, f"common.language.long.{code}") for code in language_codes()],
            value=language().code,
        )
        self.larger = TextSizeSwitch(f"{name}Larger")
        self.intro = Label("", wrap=True, bold=True)
        switches = QWidget()
        flow = FlowLayout()
        switches.setLayout(flow)
        flow.addWidget(self.switch)
        flow.addWidget(self.larger)
        self._cards = column(gap=2)
        self.pad = SignaturePad(f"{name}Signature")
        self._pad_title = Label("", size=SIZES[2], bold=True, wrap=True)
        self._pad_text = Label("", size=SIZES[1], quiet=True, wrap=True)
        self._pad_clear = Button("common.clear", name=f"{name}SignatureClear")
        self._pad_card = Card(
            self._pad_title, self._pad_text, self.pad, row(None, self._pad_clear), gap=1
        )
        self.setLayout(column(switches, self.intro, self._cards, self._pad_card, gap=2))
        self.switch.chosen.connect(self._show)
        self.pad.signed.connect(self.changed)
        self._pad_clear.clicked.connect(self.pad.clear)
        language().changed.connect(self._follow)
        self._show(language().code)

    def set_form(self, terms: ConsentTerms, site: SiteTexts | None = None) -> None:
        """Set what the texts state, and the site's own texts."""
        self._terms = terms
        self._site = site
        self._show(self.read_in())

    def begin(self, person: str, *, face: bool = True) -> None:
        """Ask ``person`` with empty checkboxes; ``face``: also for the consent to the face."""
        self._person = person
        self._face = face
        self._ticks.clear()
        self.pad.clear()
        self._follow(language().code)
        self.changed.emit()

    def agreed(self) -> frozenset[ConsentKind]:
        """Return the consents that are ticked."""
        return frozenset(kind for kind, line in self._ticks.items() if line.tick.isChecked())

    def signed(self) -> bool:
        """Return whether a signature was drawn, or the site asks for none."""
        return not self._terms.signature or bool(self.pad.signature)

    def read_in(self) -> str:
        """Return the language in which the texts are shown."""
        return self.switch.value()

    def shown(self) -> Sequence[ConsentText]:
        """Return the texts that are shown."""
        return consent_texts(self.read_in(), self._terms, self._site, face=self._face)

    def _follow(self, code: str) -> None:
        self.switch.set_value(code)
        self._show(code)

    def _show(self, code: str) -> None:
        """Build the cards again in the language ``code``; what is ticked stays ticked."""
        agreed = self.agreed()
        self.intro.set_text(tr_in(code, "hand_over.intro", name=self._person))
        self._pad_card.setVisible(self._terms.signature)
        self._pad_title.set_text(tr_in(code, "consent.paper.signature"))
        self._pad_text.set_text(tr_in(code, "hand_over.sign", name=self._person))
        clear(self._cards)
        self._ticks = {}
        for text in self.shown():
            card = self._card(text, text.kind in agreed)
            self._cards.addWidget(card)
            card.show()  # a layout shows what is added to a visible widget only later

    def _card(self, text: ConsentText, ticked: bool) -> Card:
        card = Card(_label(text.title, SIZES[2], bold=True), gap=1)
        for part in text.parts:
            card.body.addWidget(_label(part.heading, SIZES[1], quiet=True))
            card.body.addWidget(self._part(part))
        line = TickLine(f"{self._name}.{text.kind}", text.agree)
        line.tick.setChecked(ticked)
        line.tick.toggled.connect(lambda _: self.changed.emit())
        card.body.addWidget(line)
        self._ticks[text.kind] = line
        return card

    def _part(self, part: ConsentPart) -> Label:
        if not part.stands_out:
            return _label(part.text, SIZES[1])
        label = _label(part.text, SIZES[2], bold=True)
        label.set_tone("accent")
        return label


def _label(text: str, size: int, *, bold: bool = False, quiet: bool = False) -> Label:
    label = Label("", size=size, bold=bold, quiet=quiet, wrap=True)
    label.set_text(text)
    return label
