"""The page on which a person reads the texts of consent and decides."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from kiosk.core.consent import REQUIRED, ConsentKind
from kiosk.core.consent_choice import ConsentChoice
from kiosk.core.people import CredentialMode, Person
from kiosk.core.signature import UNSIGNED
from kiosk.ui.i18n import tr_in
from kiosk.ui.screens.consent.consent_view import ConsentView
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, spacing
from kiosk.ui.widgets.scrolling import scroll_area


class ConsentPage(QWidget):
    """The texts of consent, and buttons in the language that the person reads.

    Going on requires that the end was scrolled into view, and the required consents. ``decided``
    carries a ``ConsentChoice``.
    """

    decided = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._entry = CredentialMode.FACE
        self._person = Person("", "")
        self._again = False
        self._face_needed = False
        self._read = False
        self.text = ConsentView("consent")
        self.hint = Label("", size=SIZES[1], quiet=True, wrap=True, name="consentHint")
        self.decline = Button("hand_over.decline", name="consentDecline")
        self.next = Button("hand_over.face", "primary", name="consentNext")
        self.card = Button("hand_over.card", name="consentCard")
        self.withdraw = Button("hand_over.withdraw", "danger", name="consentWithdraw")
        self._inner = QWidget()
        self._inner.setLayout(column(self.text, None, gap=2))
        self.area = scroll_area(self._inner)
        buttons = QWidget()
        flow = FlowLayout(gap=2)
        buttons.setLayout(flow)
        for button in (self.next, self.card, self.decline, self.withdraw):
            flow.addWidget(button)
        layout = column(self.area, self.hint, buttons, gap=1)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.decline.clicked.connect(lambda: self._decide(self._entry, frozenset()))
        self.next.clicked.connect(self._go_on)
        self.withdraw.clicked.connect(self._go_on)
        self.card.clicked.connect(lambda: self._decide(CredentialMode.CARD, self.text.agreed()))
        self.text.changed.connect(self._refresh)
        self.text.switch.chosen.connect(lambda _: self._refresh())
        bar = self.area.verticalScrollBar()
        bar.valueChanged.connect(lambda _: self._scrolled())
        bar.rangeChanged.connect(lambda *_: self._scrolled())
        self.begin(Person("", ""))

    def begin(self, person: Person, *, again: bool = False) -> None:
        """Ask ``person``; whose face is enrolled once more, the consent to the face is needed.

        Nobody who chose a PIN or a card is asked about their face. ``again``: of an enrolled
        person only the consents are asked for, of what is stored of them. Going on without one
        that they had given takes a button of its own, which says that it is withdrawn.
        """
        face = person.templates > 0 if again else person.entry is CredentialMode.FACE
        self._entry = person.entry
        self._person = person
        self._again = again
        self._face_needed = person.id is not None and face and not again
        self._read = False
        self.text.begin(person.name, face=face)
        self.area.verticalScrollBar().setValue(0)
        self._refresh()
        self._scrolled()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._scrolled()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._scrolled()

    def _scrolled(self) -> None:
        """Note that the end was in view, but for the margin below the last tick.

        Before the texts are laid out the bar has no length.
        """
        bar = self.area.verticalScrollBar()
        room = self.area.viewport().size()
        fits = self._inner.heightForWidth(room.width()) <= room.height()
        at_end = bar.value() + spacing(6) >= bar.maximum() > 0 or (bar.maximum() == 0 and fits)
        if self.isVisible() and not self._read and at_end:
            self._read = True
            self._refresh()

    def _refresh(self) -> None:
        agreed = self.text.agreed()
        face = ConsentKind.FACE in agreed
        refused = self._entry is CredentialMode.FACE and not face and not self._again
        complete = agreed >= REQUIRED and self.text.signed()
        allowed = self._read and complete and not (refused and self._face_needed)
        withdrawn = self._withdrawn()
        self.next.setEnabled(allowed and not withdrawn)
        self.withdraw.setVisible(allowed and bool(withdrawn))
        self.hint.set_tone("wait" if allowed and withdrawn else "quiet")
        self.card.setVisible(refused and allowed)
        choice = "pin" if refused and allowed else "again" if self._again else self._entry.value
        code = self.text.read_in()
        self.hint.set_text(tr_in(code, f"hand_over.{self._hint(refused)}"))
        self.next.setText(tr_in(code, f"hand_over.{choice}"))
        self.card.setText(tr_in(code, "hand_over.card"))
        self.withdraw.setText(tr_in(code, "hand_over.withdraw"))
        self.decline.setText(tr_in(code, "hand_over.decline"))

    def _hint(self, refused: bool) -> str:
        """Return what is still to be done, or may be; ``refused``: the face."""
        agreed = self.text.agreed()
        if not self._read:
            return "to_the_end"
        if not agreed >= REQUIRED:
            return "required"
        if self._face_needed and ConsentKind.FACE not in agreed:
            return "face_needed"
        if not self.text.signed():
            return "unsigned"
        if withdrawn := self._withdrawn():
            return "withdraws_face" if ConsentKind.FACE in withdrawn else "withdraws"
        return "without_face" if refused else "ready"

    def _withdrawn(self) -> tuple[ConsentKind, ...]:
        """Return what the person agreed to before and does not agree to now."""
        if not self._again:
            return ()
        choice = ConsentChoice(self.text.agreed(), "", self._entry)
        return choice.withdrawn(self._person, (text.kind for text in self.text.shown()))

    def _go_on(self) -> None:
        agreed = self.text.agreed()
        refused = self._entry is CredentialMode.FACE and ConsentKind.FACE not in agreed
        without = refused and not self._again
        self._decide(CredentialMode.PIN if without else self._entry, agreed)

    def _decide(self, entry: CredentialMode, agreed: frozenset[ConsentKind]) -> None:
        signature = self.text.pad.signature if agreed else UNSIGNED
        self.decided.emit(ConsentChoice(agreed, self.text.read_in(), entry, signature))
